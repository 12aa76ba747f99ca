import type { Play } from './play.ts';
import { text } from './transcript.ts';

const RIGHTS = text`
  Jobs are started by members of the group pushy_job_writers (without that group: admins),
  and seen by members of pushy_job_readers (without that group: everybody in the organization).
`;

/** What a user reads when our server says no (REFERENCE 4.3, 6, 8): knife's words, then what ours adds to them. */
export function testRefusals({ stage, bothSay }: Play): void {
  const refused = async (args: readonly string[], words: string, advice = ''): Promise<void> => {
    const knife = { code: 100, stderr: words };
    await bothSay(args, { knife, pushy: { code: 100, stderr: words + advice } });
  };

  it('lets a member look who may not start jobs', () =>
    bothSay(['node', 'status', 'db1', '--user', 'bob', '--key', stage().bobKey], {
      stdout: 'db1\tavailable\n',
    }));

  it('turns away who may not start jobs', () =>
    refused(
      ['job', 'start', 'greet', 'web1', '--user', 'bob', '--key', stage().bobKey],
      text`
        ERROR: You authenticated successfully to https://127.0.0.1:<PORT>/organizations/acme as bob but you are not authorized for this action.
        Response:  User or client 'bob' does not have access to that action on this server.
      `,
      RIGHTS,
    ));

  it('turns away who signs with the key of somebody else', () =>
    refused(
      ['job', 'list', '--key', stage().bobKey],
      text`
        ERROR: Failed to authenticate to https://127.0.0.1:<PORT>/organizations/acme as alice with key <TMP>/chef-zero/acme-user-bob.pem
        Response:  Invalid signature for user or client 'alice'
      `,
      'The key is not the one that the server knows for alice.\n',
    ));

  it('turns away who is unknown', () =>
    refused(
      ['job', 'list', '--user', 'nobody'],
      text`
        ERROR: Failed to authenticate to https://127.0.0.1:<PORT>/organizations/acme as nobody with key <TMP>/chef-zero/acme-user-alice.pem
        Response:  Failed to authenticate as 'nobody'. Ensure that your node_name and client key are correct.
      `,
    ));

  it('does not find an unknown job', () =>
    refused(
      ['job', 'status', 'nope'],
      text`
        ERROR: The object you are looking for could not be found
        Response: job 'nope' does not exist.
      `,
    ));

  it('does not find output of an unknown job', () =>
    refused(
      ['job', 'output', 'nope', 'web1'],
      text`
        ERROR: The object you are looking for could not be found
        Response: no stdout of node 'web1' in job 'nope'.
      `,
      'There is no job nope: `pushy job list` shows those that are kept.\n',
    ));

  it('refuses an environment that is not text, which knife takes for an old server', () =>
    bothSay(['job', 'start', 'greet', 'web1', '--with-env', '{"A":1}'], {
      knife: {
        code: 1,
        stderr: text`
          WARNING: Falling back to Push Jobs v1 mode.
          ERROR: Sending Environment attributes isn't possible for Push Jobs 1.0
        `,
      },
      pushy: {
        code: 1,
        stderr: text`
          ERROR: --with-env: the value of A is not a text
          It takes a JSON object of texts: --with-env '{"NAME": "value"}'
        `,
      },
    }));
}
