'use strict';
const { spawn } = require('node:child_process');
const { join } = require('node:path');

/** Runs a verb of axvault.sh, and ends with its exit code. */
exports.run = (verb, variables) => {
  const script = spawn('sh', [join(__dirname, 'axvault.sh'), verb], { env: { ...process.env, ...variables }, stdio: 'inherit' });
  script.on('error', () => {
    console.log('::error title=Axvault::the runner has no shell sh');
    process.exitCode = 1;
  });
  script.on('close', code => (process.exitCode = code ?? 1));
  // A cancellation comes to this process only. The script then ends its key.
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => script.kill(signal));
  }
};
