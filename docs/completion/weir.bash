# Completion for bash: source this file in ~/.bashrc. It knows verbs, options, assets, tables and runs.
_weir() {
  local candidates
  # The words after the program's name up to the cursor; bash splits at ':' and '=', the program wants them whole.
  local line=${COMP_LINE:0:COMP_POINT}
  local -a words
  read -ra words <<<"$line"
  [[ $line == *' ' ]] && words+=('')
  local current=${words[-1]}
  candidates=$(weir --complete "${words[@]:1}" 2>/dev/null)
  case $candidates in
    ::files) COMPREPLY=($(compgen -f -- "$current")) ;;
    ::folders) COMPREPLY=($(compgen -d -- "$current")) ;;
    *)
      # What readline already holds before its own last word must not come twice.
      local own=${COMP_WORDS[COMP_CWORD]}
      local before=${current%"$own"}
      COMPREPLY=()
      local candidate
      while IFS= read -r candidate; do
        [[ -n $candidate ]] && COMPREPLY+=("${candidate#"$before"}")
      done <<<"$candidates"
      ;;
  esac
}
complete -o filenames -F _weir weir
