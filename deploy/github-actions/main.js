'use strict';
// Runs axvault.sh with the inputs of the action as variables.
const { run } = require('./run.js');

const variables = { AXVAULT_URL: 'url', AXVAULT_RULE: 'rule', AXVAULT_AUDIENCE: 'audience', AXVAULT_LOGIN: 'login', AXVAULT_KEEP_KEY: 'keep-key' };
const given = Object.entries(variables)
  .map(([variable, input]) => [variable, (process.env[`INPUT_${input.toUpperCase()}`] ?? '').trim()])
  .filter(([, value]) => value !== '');

run('start', Object.fromEntries(given));
