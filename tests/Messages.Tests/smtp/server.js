// An SMTP server that keeps what it accepts, and fails as the address says: each recipient's local part begins with what is to happen.
// Prints "ready", then a line of JSON for each letter that it was given whole. Ends with its standard input.
const { SMTPServer } = require('smtp-server');

const { PORT, TLS } = process.env;
const tries = new Map();
const refusal = (code, text) => Object.assign(new Error(text), { responseCode: code });

const server = new SMTPServer({
  secure: false,
  hideSTARTTLS: TLS !== 'yes', // with it, a certificate that nobody knows
  authOptional: true,
  disableReverseLookup: true,
  logger: false,
  onRcptTo({ address }, session, done) {
    const what = address.split(/[.@]/)[0];
    const count = (tries.get(address) ?? 0) + 1;
    tries.set(address, count);
    if (what === 'never') done(refusal(550, `No such mailbox ${address}`));
    else if (what === 'later' && count === 1) done(refusal(451, 'Greylisted'));
    else if (what !== 'hangs' || count > 1) done(); // the first time no answer comes
  },
  onData(stream, session, done) {
    const chunks = [];
    const to = session.envelope.rcptTo[0].address;
    const dies = to.startsWith('dies.') && tries.get(to) === 1;
    stream.on('data', (chunk) => {
      chunks.push(chunk);
      if (dies) for (const connection of server.connections) connection._socket.destroy();
    });
    stream.on('end', () => {
      if (dies) return;
      console.log(JSON.stringify({ to, raw: Buffer.concat(chunks).toString('utf8') }));
      // Accepted, but the answer is lost: whoever sent it must think that it was not.
      if (to.startsWith('unsure.') && tries.get(to) === 1)
        for (const connection of server.connections) connection._socket.destroy();
      else done();
    });
  },
});
server.on('error', () => {});
server.listen(Number(PORT), '127.0.0.1', () => console.log('ready'));
process.stdin.on('end', () => process.exit()).resume();
