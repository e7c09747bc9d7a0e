# How the words of the tables above are offered. A command is named with the words that lead to it: "dadrace ctl submit".

_dadrace_campaigns() {
	dadrace ctl list --json 2>/dev/null | sed -n 's/^ *"id": "\(.*\)",$/\1/p'
}

_dadrace_interfaces() {
	ls /sys/class/net
}

_dadrace_offer() { # KIND WORD: what a value of this kind may be, for the word that is begun
	local words=''

	case $1 in
	ID) words=$(_dadrace_campaigns) ;;
	IFACE) words=$(_dadrace_interfaces) ;;
	KEY=VALUE) words=$_dadrace_keys; compopt -o nospace 2>/dev/null ;; # a value follows
	'{'*'}') words=${1:1:-1} ;;
	DIR | RESULTS) mapfile -t COMPREPLY < <(compgen -d -- "$2"); return ;;
	*) mapfile -t COMPREPLY < <(compgen -f -- "$2"); return ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$2")
}

_dadrace() {
	local command=${COMP_WORDS[0]##*/} word=${COMP_WORDS[COMP_CWORD]} option='' operands=0 only='' operand i

	for ((i = 1; i < COMP_CWORD; i++)); do
		if [[ ${COMP_WORDS[i]} == '=' ]]; then # bash splits words there: what follows is a part of the word before
			[[ $option ]] || ((i++))
		elif [[ $option ]]; then
			option=''
		elif [[ ${COMP_WORDS[i]} == -- ]]; then
			only=operands
		elif [[ ! $only && ${COMP_WORDS[i]} == -* ]]; then
			[[ -v _dadrace_values["$command ${COMP_WORDS[i]}"] ]] && option=${COMP_WORDS[i]}
		elif [[ -v _dadrace_options["$command ${COMP_WORDS[i]}"] ]]; then
			command+=" ${COMP_WORDS[i]}"
		else
			((operands++))
		fi
	done
	if [[ $option ]]; then
		_dadrace_offer "${_dadrace_values[$command $option]}" "$word"
	elif [[ ! $only && $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "${_dadrace_options[$command]}" -- "$word")
	elif [[ ${_dadrace_commands[$command]:-} ]]; then
		mapfile -t COMPREPLY < <(compgen -W "${_dadrace_commands[$command]}" -- "$word")
	else
		read -ra operand <<<"${_dadrace_operands[$command]:-}"
		_dadrace_offer "${operand[operands]:-FILE}" "$word"
	fi
}

complete -o filenames -F _dadrace dadrace dadraced
