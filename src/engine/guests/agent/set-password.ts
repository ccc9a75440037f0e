import { isLodgeError, LodgeError, type Problem, problemsError, validationError } from '../../../base/errors.ts';
import type { Random } from '../../../base/random.ts';
import { guestCan } from '../../../model/guest.ts';
import type { GuestPassword, SetPassword } from '../../../model/guest-request.ts';
import { type GuestDeps, layoutOfGuest } from '../guest-deps.ts';
import { notReady, readGuest } from '../guest-records.ts';
import { explainRefusal, patienceWith } from './agent-sessions.ts';
import { findAccount } from './find-account.ts';

/** Without those that look alike, and none that a keyboard layout moves to another key on the usual ones (y and z). */
const ALPHABET = 'abcdefghijkmnpqrstuvwx23456789ABCDEFGHJKLMNPQRSTUVWX';
const LENGTH = 20;
/** chpasswd in the guest is slow on purpose: it hashes. */
const SET_MS = 20_000;

/**
 * Sets a password in the guest by its agent. It is answered once and kept nowhere.
 *
 * @throws GUEST_NOT_FOUND, STATE_REFUSED, VALIDATION_FAILED, AGENT_UNAVAILABLE, AGENT_REFUSED
 */
export async function setPassword(
  deps: Pick<GuestDeps, 'store' | 'layout' | 'agents' | 'random' | 'clock'>,
  name: string,
  { user = 'root', password: given }: SetPassword,
): Promise<GuestPassword> {
  const record = readGuest(deps.store, name);
  if (!guestCan(record.phase, 'exec')) {
    throw notReady(deps.store, record, 'a password');
  }
  const password = given ?? makePassword(deps.random);
  checkWords(user, password);
  const timeoutMs = patienceWith(record.startedAtMs, deps.clock.nowMs());
  const call = { guest: name, socketPath: layoutOfGuest(deps.layout, record).agentSocket, timeoutMs };
  const args = { username: user, password: Buffer.from(password).toString('base64'), crypted: false };
  await deps.agents.use(call, async (agent) => {
    await agent.execute('guest-set-user-password', args, { timeoutMs: SET_MS }).catch(async (error: unknown) => {
      const refusal = explainRefusal(name, 'guest-set-user-password', error);
      // chpasswd fails alike for an account that is not there and for a password that a rule of the guest's forbids.
      if (isLodgeError(refusal, 'AGENT_REFUSED') && (await findAccount(agent, user)) === false)
        throw noAccount(name, user);
      throw explainFailure(name, user, refusal);
    });
  });
  return { user, password: given === undefined ? password : null };
}

function noAccount(name: string, user: string): LodgeError {
  const problems = [{ path: 'user', rule: `must be an account of ${name}`, value: user }];
  return problemsError(
    'VALIDATION_FAILED',
    `${name} has no such account`,
    problems,
    `its accounts: lodge exec ${name} -- getent passwd`,
  );
}

function explainFailure(name: string, user: string, error: unknown): unknown {
  if (!isLodgeError(error, 'AGENT_REFUSED')) return error;
  return new LodgeError('AGENT_REFUSED', `the password of ${user} in ${name} was not set`, {
    hint: `the guest's own rules may refuse the password; its accounts: lodge exec ${name} -- getent passwd`,
    cause: error,
  });
}

/** The value of a password is in no error. */
function checkWords(user: string, password: string): void {
  const problems: Problem[] = [];
  if (!/^[^\p{C}:/\s-][^\p{C}:/\s]{0,255}$/u.test(user)) {
    problems.push({ path: 'user', rule: 'must be the name of an account', value: user });
  }
  if (!/^\P{Cc}{1,256}$/u.test(password)) {
    problems.push({ path: 'password', rule: 'must be one line of 1 to 256 characters', value: undefined });
  }
  if (problems.length > 0) throw validationError('the password', problems);
}

/** 114 bits. Bytes past the last whole multiple are thrown away, so that each character is equally likely. */
function makePassword(random: Random): string {
  const limit = 256 - (256 % ALPHABET.length);
  let password = '';
  while (password.length < LENGTH) {
    for (const byte of random.bytes(LENGTH)) {
      if (byte < limit && password.length < LENGTH) password += ALPHABET[byte % ALPHABET.length];
    }
  }
  return password;
}
