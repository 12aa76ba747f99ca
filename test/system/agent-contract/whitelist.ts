/** The command lines that both agents know; those that wait do so in the directory of the job. */
export const WHITELIST: Readonly<Record<string, string>> = {
  both: 'echo out; echo err >&2',
  quiet: 'true',
  fail: 'echo before; exit 3',
  signal: 'echo before; kill -9 $$',
  unknown: 'no-such-program; exit 4',
  missing: '/no/such/program --at all',
  where: 'pwd; id -un',
  groups: 'id -Gn',
  env: 'echo "$A|$B|$CHEF_PUSH_NODE_NAME|$CHEF_PUSH_JOB_ID|${CHEF_PUSH_JOB_FILE-none}"',
  file: 'cat "$CHEF_PUSH_JOB_FILE"',
  path: 'case $CHEF_PUSH_JOB_FILE in */pushy*/pushy_file*) echo good;; *) exit 1;; esac',
  mark: 'touch ready',
  wait: 'touch ready; until [ -e go ]; do sleep 0.05; done',
  stubborn: 'trap "" TERM; touch ready; until [ -e go ]; do sleep 0.05; done',
  much: "head -c 70000 /dev/zero | tr '\\0' x",
  control: "head -c 30000 /dev/zero | tr '\\0' '\\001'",
  bytes: "printf 'caf\\351\\n'",
  accents: "printf 'caf\\303\\251 \\342\\202\\254\\n'",
};

/** Entries of other shapes, in Ruby. */
export const ENTRIES: readonly string[] = [
  "/^say (\\w+)$/ => 'echo \\1'",
  "/restart (?<what>\\w+)/ => 'echo restarted \\k<what>'",
  "'locked' => { :command_line => 'true', :lock => true }",
  "'nowhere' => { :command_line => 'true', :lock => '/proc/no/lock' }",
];
