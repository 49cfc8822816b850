// An S3-compatible store with one bucket that checks signatures. Ends with its standard input.
const S3rver = require('s3rver');

const { PORT, BUCKET, FOLDER } = process.env;
new S3rver({
  address: '127.0.0.1',
  port: Number(PORT),
  silent: true,
  directory: FOLDER,
  vhostBuckets: false,
  configureBuckets: [{ name: BUCKET }],
}).run().then(() => {
  console.log('ready');
  process.stdin.on('end', () => process.exit()).resume();
});
