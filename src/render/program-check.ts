/** The first bytes of a program for Linux; elf(5). */
const ELF = '\x7fELF';
/** What of elf(5) may stand there on x86-64: EM_386, EM_486 and EM_X86_64; ET_EXEC and ET_DYN. */
const MACHINES = '\x03\x06">"';
const TYPES = '\x02\x03';
const VERSION = '\x01';
/** In the first line of no text, of most that is none. \x01, \x7f and what is above are bash's and dash's own signs in patterns. */
const BINARY = '\x02\x03\x04\x05\x06\x07\x08\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1c\x1d\x1e\x1f';

/**
 * Refuses by \`lodge_refuse\` what the kernel will not run, by the head of \`$lodge_program\`: a shell would take it for a script and obey
 * what a program for another processor happens to hold, or say "not found" of a file that is there. What a handler of the guest's
 * (binfmt_misc) may know is left to it. Builtins alone, as each program more costs a slow guest 30 ms; \`read\` leaves out the zeros of a
 * head, so that its fields stand close together:
 *
 *     7f E L F, class, data, 1, [which system], 2 or 3 for a program, machine, 1, … /lib64/ld-linux-x86-64.so.2
 */
export const PROGRAM_CHECK = `
lodge_elf="${ELF}" lodge_text= lodge_lines=0
lodge_newline="
"
lodge_handled() {
  for lodge_at in /proc/sys/fs/binfmt_misc/*; do
    case $lodge_at in */register | */status) continue ;; esac
    while read -r lodge_line; do
      case $lodge_line in "magic $1"* | "extension "*) return 0 ;; esac
    done 2>/dev/null <"$lodge_at"
  done
  return 1
}
[ ! -r "$lodge_program" ] || while [ "$lodge_lines" -lt 9 ]; do
  lodge_line=
  LC_ALL=C IFS= read -r lodge_line || lodge_lines=9
  lodge_text=$lodge_text$lodge_line$lodge_newline lodge_lines=$((lodge_lines + 1))
  case $lodge_text in
    "$lodge_elf"*/ld*.so.[0-9]*) break ;;
    "$lodge_elf"*) ;;
    *) break ;;
  esac
done 2>/dev/null <"$lodge_program"
lodge_first=\${lodge_text%%"$lodge_newline"*}
case $lodge_first in
  "#!"*)
    lodge_first=\${lodge_first#"#!"}
    lodge_first=\${lodge_first#"\${lodge_first%%[![:blank:]]*}"}
    lodge_by=\${lodge_first%%[[:blank:]]*}
    case $lodge_by in
      *[[:cntrl:]]*) lodge_refuse "$lodge_program in the guest ends its lines with CR LF" 126 ;;
    esac
    [ -z "$lodge_by" ] || [ -e "$lodge_by" ] ||
      lodge_refuse "$lodge_program in the guest is run by $lodge_by, which is not there" 127
    [ -z "$lodge_by" ] || { [ -x "$lodge_by" ] && [ ! -d "$lodge_by" ]; } ||
      lodge_refuse "$lodge_program in the guest is run by $lodge_by, which is no program" 126
    ;;
  "$lodge_elf"*)
    lodge_head=\${lodge_first#"$lodge_elf"}
    case $lodge_head in
      ???[${TYPES}][${MACHINES}]"${VERSION}"* | ????[${TYPES}][${MACHINES}]"${VERSION}"*)
        lodge_by=\${lodge_text%%.so.[0-9]*}
        lodge_rest=\${lodge_text#"$lodge_by.so."}
        lodge_by=\${lodge_by##*[[:cntrl:]]}.so.\${lodge_rest%"\${lodge_rest#?}"}
        case $lodge_by in
          */ld*)
            # A sign before the first / is of the field before; one that is a / itself is seen by what is there.
            lodge_by=/\${lodge_by#*/} lodge_at=$lodge_by
            until [ -e "$lodge_at" ]; do
              case \${lodge_at#/} in
                */*) lodge_at=/\${lodge_at#/*/} ;;
                *) lodge_refuse "$lodge_program in the guest is loaded by $lodge_by, which is not there" 127 ;;
              esac
            done
            ;;
        esac
        ;;
      ???[${TYPES}]* | ????[${TYPES}]*)
        lodge_handled 7f454c46 || lodge_refuse "$lodge_program in the guest is for another kind of processor" 126
        ;;
      *) lodge_handled 7f454c46 || lodge_refuse "$lodge_program in the guest is no program that it can run" 126 ;;
    esac
    ;;
  *[${BINARY}]*)
    lodge_handled "" || lodge_refuse "$lodge_program in the guest is no program that it can run" 126
    ;;
esac
`;
