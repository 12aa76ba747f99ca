import { setTimeout as sleep } from 'node:timers/promises';
import { tail } from '../helpers/program.ts';
import { makeWorkplace } from '../helpers/workplace.ts';
import { makeCli } from '../system/harness/cli.ts';
import { startPushyAgent } from '../system/harness/pushy-agent.ts';
import { makeServerHome, startPushyServer } from '../system/harness/pushy-server.ts';

/** A job on three agents: every program a process of its own, no Chef server, no PostgreSQL. */
const nodes = ['web1', 'web2', 'web3'];
/** Milliseconds for the three agents to come online. */
const onlineTimeoutMs = 60_000;

const workplace = await makeWorkplace();
try {
  await play();
} catch (error) {
  process.exitCode = 1;
  for (const program of workplace.programs) {
    process.stderr.write(`\n--- the last of ${program.name} ---\n${tail(program.output())}\n`);
  }
  process.stderr.write(
    `\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
} finally {
  await workplace.end();
}
if (process.exitCode === undefined) {
  say('It worked. Everything is stopped, the directory is removed.');
}

async function play(): Promise<void> {
  say(`Everything of this demo lives in one directory: DIR=${workplace.dir}`);

  say('A server that stands alone: it keeps its own organizations, users and nodes, in PGlite.');
  const home = await makeServerHome(workplace, { log_level: 'info' });
  command(`pushy-server -c ${home.configFile}`);
  const server = await startPushyServer(workplace, home);

  say('An organization, a user who may start jobs, and three nodes, each with a key of its own.');
  const ctl = async (...args: string[]): Promise<void> => {
    command(`opscode-push-jobs-server-ctl -c ${home.configFile} ${args.join(' ')}`);
    await server.ctl(...args);
  };
  const keys = await workplace.subdir('keys');
  await ctl('org-add', 'acme');
  await ctl('user-add', 'acme', 'alice', '--admin', '--key', `${keys}/alice.pem`);
  await Promise.all(
    nodes.map((node) => ctl('node-add', 'acme', node, '--key', `${keys}/${node}.pem`)),
  );

  say('Three agents. Each runs only the commands that its whitelist names.');
  const url = `${server.url}/organizations/acme`;
  for (const node of nodes) {
    command(`pushy-client -c ${workplace.dir}/agent-${node}/push-jobs-client.rb`);
    await startPushyAgent(workplace, {
      url,
      node,
      key: `${keys}/${node}.pem`,
      whitelist: { greet: 'echo hello from $CHEF_PUSH_NODE_NAME' },
    });
  }

  const cli = await makeCli(workplace, { url, user: 'alice', key: `${keys}/alice.pem` });
  const pushy = async (...args: string[]): Promise<string> => {
    command(`pushy ${args.join(' ')}`);
    const output = await cli.ok(args);
    process.stdout.write(output);
    return output;
  };
  say(`The user works in ${cli.home}, where .chef/config.rb says who she is. Who is online?`);
  const deadline = Date.now() + onlineTimeoutMs;
  for (let online = ''; !nodes.every((node) => online.includes(`${node}\tavailable`));) {
    if (Date.now() > deadline) throw new Error(`the agents did not come online:\n${online}`);
    online = await cli.ok(['node', 'status']);
    await sleep(1000);
  }
  await pushy('node', 'status');

  say('A job on all three, with its output kept.');
  const started = await pushy('job', 'start', '--capture', 'greet', ...nodes);
  const id = /\b[0-9a-f]{32}\b/.exec(started)?.[0];
  if (id === undefined) throw new Error('"pushy job start" printed no job id');

  say('What became of it, and what each node printed:');
  const status = await pushy('job', 'status', id);
  if (!/complete/.test(status)) throw new Error('the job is not complete');
  for (const node of nodes) {
    const output = await pushy('job', 'output', id, node);
    if (output.trim() !== `hello from ${node}`) throw new Error(`${node} printed something else`);
  }
}

function say(line: string): void {
  process.stdout.write(`\n# ${line}\n`);
}

/** The command as a user would type it. */
function command(line: string): void {
  process.stdout.write(`$ ${line.replaceAll(workplace.dir, '$DIR')}\n`);
}
