/** One sentence for the top of `pushy --help`. */
export const ABOUT = 'Run commands on many nodes at once through Chef Push Jobs.';

/** The end of `pushy --help`. */
export const PROGRAM = `
Examples:
  pushy node status                        which nodes take jobs
  pushy job start chef-client web01 web02  run chef-client there and wait
  pushy job status JOB_ID                  how it went, node by node
  pushy job stop JOB_ID                    stop it everywhere

Configuration is knife's: config.rb or knife.rb here, in .chef/ here or above, or in ~/.chef/;
and the profiles of ~/.chef/credentials. Options of the command line come before both.
\`pushy COMMAND --help\` shows all options of a command.
`;

/** The top of `pushy job start --help`. */
export const JOB_START_ABOUT = `Start a job on nodes and wait for its end.

COMMAND is a name in the whitelist of the nodes' agents. When as many nodes as the quorum asks for have agreed, all that agreed run it. Ends with 0 when every node that ran it succeeded, with 1 when not.`;

/** The end of `pushy job start --help`. */
export const JOB_START = `
Examples:
  pushy job start chef-client web01 web02
  pushy job start chef-client --search 'role:web AND chef_environment:prod' --quorum 80%
  pushy job start deploy web01 --file release.json --capture --as-user deploy --in-dir /srv/app
  pushy job start backup db01 --with-env '{"TARGET": "nightly"}' --timeout 7200
  pushy job start chef-client web01 --nowait
`;

/** The end of `pushy job output --help`. */
export const JOB_OUTPUT = `
Examples:
  pushy job output JOB_ID web01
  pushy job output JOB_ID web01 --channel stderr
`;

/** The end of `pushy job list --help`. */
export const JOB_LIST = `
Examples:
  pushy job list --limit 20
  pushy job list --limit 20 --after JOB_ID
  pushy job list --status running --node web01
`;

/** The end of `pushy job follow --help`. */
export const JOB_FOLLOW = `
Examples:
  pushy job follow JOB_ID

Ends as \`pushy job start\` does: with 0 when every node that ran the job succeeded, with 1 when not.
`;

/** The end of `pushy job stop --help`. */
export const JOB_STOP = `
Examples:
  pushy job stop JOB_ID
  pushy job stop JOB_ID web01 web02

The nodes end \`aborted\`; with names, the job goes on on the others. \`pushy job status JOB_ID\` shows it.
`;

/** The end of `pushy node status --help`. */
export const NODE_STATUS = `
Examples:
  pushy node status
  pushy node status --detail
  pushy node status web01 web02
  pushy node status 'role:web'
`;
