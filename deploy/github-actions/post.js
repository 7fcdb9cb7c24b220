'use strict';
// Ends the key that this action got for the job. The runner calls it after the job, also after a failure or a cancellation.
const { run } = require('./run.js');

if (process.env.STATE_key) {
  run('end', { AXVAULT_URL: process.env.STATE_url, AXVAULT_ISSUED_KEY: process.env.STATE_key });
}
