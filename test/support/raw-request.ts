import { connect } from 'node:net';

/** What came back: the status, 0 when the connection ended without any, and the code of the error where the body is one of ours. */
export interface RawAnswer {
  status: number;
  code: string | null;
  /** All that came, up to 64 kB. */
  text: string;
}

interface RawOptions {
  /** Sent after the head for as long as the daemon takes it: one chunk, so many times. */
  repeat?: { chunk: Buffer; times: number };
  /** The answer counts as whole at its head: for streams without end. */
  headOnly?: boolean;
}

const KEPT_BYTES = 64 * 1024;

/** Sends bytes as they are, whether they are HTTP or not, and reads what comes until the daemon hangs up. */
export function sendRaw(socketPath: string, bytes: string | Buffer, options: RawOptions = {}): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    let received = Buffer.alloc(0);
    const finish = () => {
      socket.destroy();
      resolve(readAnswer(received.toString('latin1')));
    };
    socket.on('data', (chunk: Buffer) => {
      if (received.length < KEPT_BYTES) received = Buffer.concat([received, chunk]);
      if (options.headOnly === true && finalAnswer(received.toString('latin1')).includes('\r\n\r\n')) finish();
    });
    // A daemon that refuses a body hangs up on whoever goes on sending: its answer is there all the same.
    socket
      .on('error', () => {})
      .on('end', finish)
      .on('close', finish);
    socket.write(bytes);
    void pour(socket, options.repeat);
  });
}

async function pour(socket: ReturnType<typeof connect>, repeat: RawOptions['repeat']): Promise<void> {
  for (let sent = 0; sent < (repeat?.times ?? 0) && socket.writable; sent += 1) {
    if (socket.write(repeat?.chunk ?? '')) continue;
    await new Promise<void>((resolve) => {
      const goOn = () => {
        socket.off('drain', goOn).off('close', goOn);
        resolve();
      };
      socket.on('drain', goOn).on('close', goOn);
    });
  }
}

function readAnswer(text: string): RawAnswer {
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(finalAnswer(text))?.[1] ?? 0);
  const code = /"error":\{"code":"([A-Z_]+)"/.exec(text)?.[1] ?? null;
  return { status, code, text };
}

/** Behind `100 Continue`. */
function finalAnswer(text: string): string {
  return text.replace(/^HTTP\/1\.1 100 [^\r]*\r\n\r\n/, '');
}

/** A request in one piece, which hangs up after its answer. Header values are not checked. */
export function rawRequest(method: string, path: string, body: string | null, headers: readonly string[] = []): string {
  const length = body === null ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  return [`${method} ${path} HTTP/1.1`, 'Host: lodge', 'Connection: close', ...headers, ...length, '', body ?? ''].join(
    '\r\n',
  );
}
