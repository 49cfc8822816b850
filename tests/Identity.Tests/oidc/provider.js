// An OpenID Connect provider with one client: whoever types a name into its form is that person. Ends with its standard input.
import Provider from 'oidc-provider';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, LOGOUT_URI } = process.env;
const provider = new Provider(ISSUER, {
  clients: [{
    client_id: CLIENT_ID,
    client_secret: CLIENT_SECRET,
    redirect_uris: [REDIRECT_URI],
    backchannel_logout_uri: LOGOUT_URI,
    backchannel_logout_session_required: true,
  }],
  cookies: { keys: ['a test\'s'] },
  features: { backchannelLogout: { enabled: true }, devInteractions: { enabled: true } },
  pkce: { methods: ['S256'], required: () => true },
});
provider.on('backchannel.error', (_, error) => console.error(error.message));
const { port, hostname } = new URL(ISSUER);
provider.listen(port, hostname, () => console.log('ready'));
process.stdin.on('end', () => process.exit()).resume();
