import { Command, CommanderError } from 'commander';
import { jobFollow } from './commands/job-follow.ts';
import { jobList, type JobListFlags } from './commands/job-list.ts';
import { jobOutput, type JobOutputFlags } from './commands/job-output.ts';
import { jobStart, type JobStartFlags } from './commands/job-start.ts';
import { jobStatus } from './commands/job-status.ts';
import { jobDelete, jobStop } from './commands/job-stop.ts';
import { nodeStatus, type NodeStatusFlags } from './commands/node-status.ts';
import { commonOptions } from './common-options.ts';
import { CliError, messageOf } from './errors.ts';
import { EXIT, errorExitCode } from './exit-code.ts';
import * as help from './help.ts';
import { coloured, withSession, type CommonFlags, type Io, type Session } from './session.ts';
import type { WaitFlags } from './wait.ts';
import { makeNotices, makePaint } from './terminal.ts';

/** Runs one command line (without the program's own name) and says how the process should end. */
export async function runCli(io: Io, version: string, args: readonly string[]): Promise<number> {
  let exitCode: number = EXIT.ok;
  const run = async (flags: CommonFlags, work: (session: Session) => Promise<number>) => {
    exitCode = await withSession(io, flags, work);
  };
  const program = makeProgram(io, version, run);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return usageExitCode(error);
    return report(io, args, error);
  }
}

const POLL_INTERVAL =
  'Look at the job every so many seconds, instead of hearing of it from the server.';

type Run = (flags: CommonFlags, work: (session: Session) => Promise<number>) => Promise<void>;

function makeProgram(io: Io, version: string, run: Run): Command {
  const program = confine(new Command('pushy'), io)
    .description(help.ABOUT)
    .version(`pushy ${version}`, '-v, --version', 'Show the version.')
    .addHelpText('after', help.PROGRAM);

  const job = program.command('job').description('Start jobs and look at them.');
  const start = job
    .command('start [command] [nodes...]')
    .summary('Start a job on nodes and wait for its end.')
    .description(help.JOB_START_ABOUT)
    .option('--timeout <seconds>', 'Maximum time the job will be allowed to run (in seconds).')
    .option('-q, --quorum <quorum>', 'Nodes that must agree first: -q 50% or -q 145.  [100%]')
    .option('-s, --search <query>', 'Search query for the nodes, instead of their names.')
    .option('--file <file>', 'File to send to the job.')
    .option('--capture', 'Keep the output of the job.')
    .option('--with-env <json>', 'JSON object of environment variables to set.')
    .option('--as-user <user>', 'User to run as on the nodes.')
    .option('--in-dir <dir>', 'Directory to run in on the nodes.')
    .option('-b, --nowait', 'Return as soon as the job is started.')
    .option('--poll-interval <seconds>', POLL_INTERVAL)
    .addHelpText('after', help.JOB_START);
  commonOptions(start, { searchIsShort: true }).action(
    async (command: string | undefined, nodes: string[], flags: JobStartFlags & CommonFlags) => {
      const [name, ...names] = [command ?? '', ...nodes].filter((arg) => arg !== '');
      if (name === undefined) throw missing(start, 'No job specified.');
      await run(flags, (session) => jobStart(session, name, names, flags));
    },
  );

  const list = job
    .command('list')
    .description('List the jobs of the organization, the newest first.')
    .option('--limit <count>', 'Not more than so many.')
    .option('--after <job-id>', 'Those behind this job in the list: the next page.')
    .option('--status <status>', 'Those of this status: running, complete, …')
    .option('--command <command>', 'Those of this command.')
    .option('--requester <name>', 'Those that this user or client asked for.')
    .option('--node <node>', 'Those of this node.')
    .option('--detail', 'Show quorum, requester and the counts of nodes too.')
    .addHelpText('after', help.JOB_LIST);
  commonOptions(list).action((flags: JobListFlags & CommonFlags) =>
    run(flags, (session) => jobList(session, flags)),
  );

  const status = commonOptions(job.command('status [job-id]'))
    .description('Show one job: its state and the state of its nodes.')
    .action(async (jobId: string | undefined, flags: CommonFlags) => {
      if (jobId === undefined || jobId === '') throw missing(status, 'No job id specified.');
      await run(flags, (session) => jobStatus(session, jobId));
    });

  const follow = job
    .command('follow [job-id]')
    .description('Wait for the end of a job, whoever started it.')
    .option('--poll-interval <seconds>', POLL_INTERVAL)
    .addHelpText('after', help.JOB_FOLLOW);
  commonOptions(follow).action(
    async (jobId: string | undefined, flags: WaitFlags & CommonFlags) => {
      if (jobId === undefined || jobId === '') throw missing(follow, 'No job id specified.');
      await run(flags, (session) => jobFollow(session, jobId, flags));
    },
  );

  const output = job
    .command('output [job-id] [nodes...]')
    .description('Show what a job wrote on a node; the job must have been started with --capture.')
    .option('--channel <stdout|stderr>', 'Which output to show.  [stdout]')
    .addHelpText('after', help.JOB_OUTPUT);
  commonOptions(output).action(
    async (jobId: string | undefined, nodes: string[], flags: JobOutputFlags & CommonFlags) => {
      if (jobId === undefined || jobId === '') throw missing(output, 'No job id specified.');
      if (nodes.length === 0) throw missing(output, 'No node specified.');
      await run(flags, (session) => jobOutput(session, jobId, nodes, flags));
    },
  );

  const stop = job
    .command('stop [job-id] [nodes...]')
    .description('Stop a job that is in flight, or some of its nodes.')
    .addHelpText('after', help.JOB_STOP);
  commonOptions(stop).action(
    async (jobId: string | undefined, nodes: string[], flags: CommonFlags) => {
      if (jobId === undefined || jobId === '') throw missing(stop, 'No job id specified.');
      await run(flags, (session) => jobStop(session, jobId, nodes));
    },
  );

  const remove = commonOptions(job.command('delete [job-id]'))
    .description('Remove a finished job with its output, for good.')
    .action(async (jobId: string | undefined, flags: CommonFlags) => {
      if (jobId === undefined || jobId === '') throw missing(remove, 'No job id specified.');
      await run(flags, (session) => jobDelete(session, jobId));
    });

  const node = program.command('node').description('Look at nodes.');
  commonOptions(node.command('status [nodes...]'))
    .description('Show which nodes take jobs: those named, or all that are connected.')
    .option('--detail', 'Every node of the organization: when it was heard, what it does.')
    .addHelpText('after', help.NODE_STATUS)
    .action((nodes: string[], flags: NodeStatusFlags & CommonFlags) =>
      run(flags, (session) => nodeStatus(session, nodes, flags)),
    );
  for (const command of [job, node, ...job.commands, ...node.commands]) confine(command, io);
  return program;

  function missing(command: Command, message: string): CliError {
    // knife prints the usage on standard output, before the error is reported.
    io.terminal.out(`USAGE: ${command.helpInformation().replace(/^Usage: /, '')}`);
    return new CliError('usage', message);
  }
}

/** Keeps commander from ending the process and from writing past our terminal. */
function confine(command: Command, { terminal }: Io): Command {
  return command
    .exitOverride()
    .helpOption('-h, --help', 'Show this help message.')
    .configureOutput({
      writeOut: (text) => {
        terminal.out(text);
      },
      writeErr: (text) => {
        terminal.err(text);
      },
      getOutHelpWidth: () => terminal.columns(),
      getErrHelpWidth: () => terminal.columns(),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      outputError: (text, write) => {
        write(text.replace(/^error: /, 'ERROR: '));
      },
    });
}

function usageExitCode(error: CommanderError): number {
  if (error.exitCode === 0) return EXIT.ok;
  return error.code === 'commander.unknownCommand' ? EXIT.unknownCommand : EXIT.failed;
}

function report(io: Io, args: readonly string[], error: unknown): number {
  const { signal, terminal } = io;
  if (signal.aborted) return typeof signal.reason === 'number' ? signal.reason : EXIT.interrupted;
  const flags = args.includes('--no-color') ? { color: false } : {};
  const notices = makeNotices(terminal, makePaint(coloured(io, flags)));
  const prefix = error instanceof CliError && error.code === 'config' ? 'CONFIGURATION ERROR:' : '';
  notices.error(prefix + messageOf(error));
  if (error instanceof CliError) {
    for (const line of error.advice) notices.info(line);
  } else if (error instanceof Error && error.stack !== undefined) notices.info(error.stack);
  return errorExitCode(error);
}
