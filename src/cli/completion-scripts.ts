/**
 * What a shell sources once; it asks `lodge complete -- WORDS` at each Tab, of the very program that was typed: `./lodge` completes too.
 * The words go there as they stand, never through `eval`: a Tab after `lodge show $(reboot)` must not run anything.
 */
const SCRIPTS = {
  // Readline breaks words at = and : too; they are put together again as they stand in the line. Nothing is needed but bash itself.
  bash: `# bash completion for lodge
_lodge() {
    local rest=\${COMP_LINE:0:COMP_POINT} word last answer kind shown
    local -a words=() answers=()
    local index
    for ((index = 0; index < COMP_CWORD; index++)); do
        word=\${COMP_WORDS[index]}
        if [[ $rest == [[:space:]]* || \${#words[@]} -eq 0 ]]; then words+=("$word"); else words[-1]+=$word; fi
        rest=\${rest#"\${rest%%[![:space:]]*}"}
        rest=\${rest#"$word"}
    done
    last=\${rest#"\${rest%%[![:space:]]*}"}
    if [[ $rest == [[:space:]]* ]]; then words+=("$last"); else words[-1]+=$last; fi
    mapfile -t answers < <("\${1/#\\~\\//$HOME/}" complete -- "\${words[@]:1}" 2>/dev/null)
    [[ \${#answers[@]} -gt 0 ]] || return
    kind=\${answers[-1]}
    unset 'answers[-1]'
    # Readline replaces only what stands after the last = or :
    shown=\${words[-1]}
    [[ $shown == --*=* ]] && shown=\${shown#*=}
    shown=\${shown%"\${last#[=:]}"}
    COMPREPLY=()
    for answer in "\${answers[@]}"; do
        answer=\${answer%%$'\\t'*}
        COMPREPLY+=("\${answer#"$shown"}")
    done
    if [[ $kind == :4 ]]; then
        compopt +o default 2>/dev/null
    elif [[ \${#COMPREPLY[@]} -gt 0 ]]; then
        # Without candidates readline itself completes files.
        compopt -o filenames 2>/dev/null
        mapfile -t answers < <(compgen -f -- "$last")
        COMPREPLY+=("\${answers[@]}")
    fi
}
complete -o default -F _lodge lodge
`,
  zsh: `#compdef lodge
_lodge() {
    local -a answers pairs
    local answer kind
    answers=("\${(@f)$("\${(Q)words[1]/#\\~\\//$HOME/}" complete -- "\${(@)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}")
    kind=$answers[-1]
    for answer in "\${(@)answers[1,-2]}"; do
        pairs+=("\${\${answer%%$'\\t'*}//:/\\\\:}:\${answer#*$'\\t'}")
    done
    [[ $PREFIX == --*=* ]] && compset -P '*='
    (( $#pairs )) && _describe lodge pairs
    [[ $kind == :0 ]] && _files
}
if [[ $funcstack[1] == _lodge ]]; then _lodge "$@"; else compdef _lodge lodge; fi
`,
  fish: `# fish completion for lodge
function __lodge_answer
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
    set -e words[1]
    set -l answers ($program complete -- $words "$current" 2>/dev/null)
    set -l joined (string match -r -- '^--[a-z0-9-]+=' "$current")
    for answer in $answers[1..-2]
        printf '%s%s\\n' "$joined" $answer
    end
    if test "$answers[-1]" = :0
        for file in (__fish_complete_path (string replace -r -- '^--[a-z0-9-]+=' '' "$current"))
            printf '%s%s\\n' "$joined" $file
        end
    end
end
complete -c lodge -f -a '(__lodge_answer)'
`,
} as const;

type Shell = keyof typeof SCRIPTS;

export const SHELLS = Object.keys(SCRIPTS) as Shell[];

export function completionScript(shell: string): string | undefined {
  return SHELLS.includes(shell as Shell) ? SCRIPTS[shell as Shell] : undefined;
}
