// Runs oidc-provider on a free port of loopback, with pages that a person can use: node server.mjs <folder of node_modules>.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

const { Provider } = await import(pathToFileURL(join(process.argv[2], 'oidc-provider', 'lib', 'index.js')));
const settings = process.env;

// The groups of a person follow from the name. All other people are in none.
const groups = { ada: ['vault-admins', 'staff'], grace: ['staff'] };

const head = (title) => `<!DOCTYPE html><html lang="en"><head><title>${title}</title><link rel="icon" href="data:,"></head>`;
const page = (title, body) => `${head(title)}<body><h1>${title}</h1>${body}</body></html>`;
const escape = (value) => String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const login = page('Log in', '<form method="post"><label>User <input name="user" required></label> <button>Log in</button></form>');
const consent = page('Allow access', '<form method="post"><button>Allow</button> <button name="refuse" value="yes">Refuse</button></form>');

const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
const consoles = settings.PROVIDER_CONSOLE_REDIRECTS
  ? [
      {
        client_id: 'console',
        ...(settings.PROVIDER_CONSOLE_AUTHENTICATION === 'none' ? {} : { client_secret: settings.PROVIDER_CONSOLE_SECRET }),
        redirect_uris: settings.PROVIDER_CONSOLE_REDIRECTS.split(' '),
        grant_types: ['authorization_code'],
        token_endpoint_auth_method: settings.PROVIDER_CONSOLE_AUTHENTICATION,
      },
    ]
  : [];

const configuration = {
  clients: [
    {
      client_id: 'agent',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1:1455/callback'],
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    },
    ...consoles,
  ],
  jwks: { keys: [{ ...key, use: 'sig', alg: 'RS256', kid: 'first' }] },
  cookies: { keys: [randomBytes(32).toString('base64url')] },
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
  scopes: ['openid', 'offline_access', 'email', 'profile'],
  // The claims of a scope are in the id_token, and not only at the userinfo endpoint.
  conformIdTokenClaims: false,
  findAccount: (_, user) => ({
    accountId: user,
    claims: () => ({ sub: user, name: user, email: `${user}@example.com`, email_verified: true, groups: groups[user] ?? [] }),
  }),
  // Every refresh token can be used once. A second use revokes the whole grant.
  rotateRefreshToken: true,
  pkce: { required: () => true },
  ttl: {
    AccessToken: Number(settings.PROVIDER_ACCESS_TOKEN_SECONDS),
    AuthorizationCode: 60,
    DeviceCode: 600,
    Grant: 86400,
    IdToken: 3600,
    Interaction: 600,
    RefreshToken: 86400,
    Session: 86400,
  },
  interactions: { url: (_, { uid }) => `/interaction/${uid}` },
  features: {
    devInteractions: { enabled: false },
    revocation: { enabled: true },
    deviceFlow: {
      enabled: true,
      userCodeInputSource: (ctx, form, _, error) => {
        ctx.body = page('Device code', `${error ? '<p>The code is wrong.</p>' : ''}${form}<button form="op.deviceInputForm">Continue</button>`);
      },
      userCodeConfirmSource: (ctx, form, client, _, code) => {
        ctx.body = page('Confirm the device', `<p>${escape(code)}</p>${form}<button form="op.deviceConfirmForm">Confirm</button>`);
      },
      successSource: (ctx) => {
        ctx.body = page('The device is logged in', '');
      },
    },
  },
  renderError: (ctx, out) => {
    ctx.type = 'html';
    ctx.body = page('Error', `<p>${escape(out.error)}: ${escape(out.error_description)}</p>`);
  },
};

// Asks the person for a name and then for consent, as the provider wants it.
async function interact(request, response) {
  const { prompt, params, session } = await provider.interactionDetails(request, response);
  if (request.method !== 'POST') {
    response.setHeader('Content-Type', 'text/html').end(prompt.name === 'login' ? login : consent);
    return;
  }

  const form = new URLSearchParams(await text(request));
  if (prompt.name === 'login') {
    await provider.interactionFinished(request, response, { login: { accountId: form.get('user') } });
  } else if (form.get('refuse')) {
    await provider.interactionFinished(request, response, { error: 'access_denied', error_description: 'The person refused.' });
  } else {
    const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
    grant.addOIDCScope(params.scope);
    await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true });
  }
}

let provider;
let answer;
const server = createServer((request, response) => {
  if (request.url.startsWith('/interaction/')) {
    interact(request, response).catch((error) => response.writeHead(400).end(page('Error', `<p>${escape(error.message)}</p>`)));
  } else {
    answer(request, response);
  }
});
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  provider = new Provider(issuer, configuration);
  provider.on('server_error', (_, error) => console.error(error));
  answer = provider.callback();
  console.log(`Listening on ${issuer}`);
});
