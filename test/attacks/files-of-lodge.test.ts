import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { LodgeInstance } from '../support/lodge-instance.ts';
import { runAsUser, startAsUser } from '../support/unprivileged-user.ts';

/** Every file below the root that this user can open, with a read lock on each that stays until the standard input ends. */
const LOCK_ALL = `
use File::Find;
use Fcntl qw(:DEFAULT F_SETLK F_RDLCK);
my @held;
find({ no_chdir => 1, wanted => sub {
  return unless -f $_;
  sysopen(my $file, $_, O_RDONLY | O_NONBLOCK) or return;
  push @held, $file;
  # struct flock of x86-64: type, whence, start, length, pid. Length 0 is the whole file.
  my $lock = pack("s s x4 q q l x4", F_RDLCK, 0, 0, 0, 0);
  fcntl($file, F_SETLK, $lock);
  print "$_\\n";
} }, $ARGV[0]);
$| = 1;
print "held\\n";
<STDIN>;
`;

let lodge: LodgeInstance;

before(async () => {
  lodge = await LodgeInstance.open('lgaf');
  const disk = Buffer.alloc(1024 * 1024, 'secret');
  disk.writeUInt16BE(0x55aa, 510);
  disk.fill(0, 446, 510);
  await writeFile(`${lodge.root}/private.raw`, disk, { mode: 0o600 });
  const ok = async (...args: string[]) => {
    const { exitCode, stderr } = await lodge.run(args);
    assert.equal(exitCode, 0, stderr);
  };
  const userData = `${lodge.root}/user-data`;
  await writeFile(userData, '#cloud-config\npassword: hunter2\n', { mode: 0o600 });
  await ok('image', 'import', `${lodge.root}/private.raw`, '--name', 'private');
  const small = ['--image', 'private', '--memory', '64MiB', '--accel', 'tcg', '--no-wait'];
  await ok('create', 'g', ...small, '--user-data', userData);
});
after(() => lodge.close());

/** What anybody may read: it says nothing that a program of his could not find out. */
const PUBLIC = [
  /^run\/lodge\/accelerators\.json$/,
  /^run\/lodge\/nat\//,
  /^var\/lib\/lodge\/nat\//,
  /^etc\/lodge\/host\.(yaml|schema\.json)/,
];

for (const isMember of [false, true]) {
  const who = isMember ? 'a member of the group lodge' : 'any user of the host';
  test(`${who} opens files of Lodge: the database, its copies, locks, disks, images, logs, keys`, async () => {
    const { stdout } = await runAsUser(['perl', '-e', LOCK_ALL, lodge.root], { isMember });
    assert.match(stdout, /\nheld\n$/);
    const opened = stdout
      .trim()
      .split('\n')
      .filter((line) => line.startsWith('/'))
      .map((path) => path.slice(lodge.root.length + 1));
    assert.deepEqual(
      opened.filter((path) => !PUBLIC.some((pattern) => pattern.test(path))),
      [],
    );
  });

  test(`${who} holds a read lock on whatever he can while the daemon and commands start`, async () => {
    await lodge.run(['daemon', 'stop']);
    const holder = startAsUser(['perl', '-e', LOCK_ALL, lodge.root], isMember);
    const lines = createInterface({ input: holder.stdout });
    try {
      for await (const line of lines) if (line === 'held') break;
      const { exitCode, stderr } = await lodge.run(['ls'], {}, { timeoutMs: 120_000 });
      assert.equal(exitCode, 0, stderr);
    } finally {
      holder.stdin.end();
    }
  });
}
