/** What \`ACCOUNT_SCRIPT\` ends with for an account that the guest does not have. */
export const NO_ACCOUNT = 44;

/**
 * Whether a guest has the account $1: 0, or NO_ACCOUNT; anything else is no answer. By \`sh -c\`; getent knows of directory services too,
 * and says 2 for a key that is nowhere (getent(1)).
 */
export const ACCOUNT_SCRIPT = `
while IFS=: read -r name _; do
  [ "$name" != "$1" ] || exit 0
done </etc/passwd || exit 1
command -v getent >/dev/null 2>&1 || exit ${NO_ACCOUNT}
getent passwd "$1" >/dev/null 2>&1
case $? in
  0) exit 0 ;;
  2) exit ${NO_ACCOUNT} ;;
esac
exit 1
`;
