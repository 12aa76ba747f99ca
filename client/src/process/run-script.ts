/**
 * The programs of a run, in POSIX sh: 1 MB where another Node would take 40. They outlive the agent and know it no
 * more once they were told to go; what they leave in the spool of the run is all that anybody needs (see spool.ts).
 */

import { quote } from './quote.ts';

/** Exit code of a keeper that finds its lock held by somebody else. */
export const HELD_BY_OTHER = 99;
/** How a run ended whose keeper could not write down who it is, so that it was never started. */
export const UNWRITTEN = 'unwritten';
/** What the guard of a keeper has seen: the status of the command. It is the end where no other is written down. */
export const LAST = 'last';
/** Exit code of a keeper that was never told to go, or comes too late. */
export const NOT_TOLD = 96;

/**
 * Copies standard input to files named by their first byte's number: `stdout.0`, `stdout.70000`, … Keeps the first,
 * the newest and the one before that: a command that prints for ever fills no disk. dd writes each read at once, so
 * that nothing is lost with it; it says how often it has read ("0+1 records in"), which is less than it was to only at
 * the end. Where the disk is full, the rest is read and dropped: the command must not notice.
 */
const COPY = `copy() {
  at=0 size=0 before= file=$1.0
  while :; do
    if ! reads=$(dd bs=65536 count=4 2>&1 >>"$file"); then
      >"$1.full"
      exec cat >/dev/null
    fi
    reads=\${reads%% records in*}
    reads=\${reads##*[!0-9+]}
    [ "$((\${reads:-4}))" -lt 4 ] && return
    size=$(($(wc -c <"$file")))
    [ "$size" -lt "$room" ] && continue
    [ -z "$before" ] || rm -f "$before"
    before=
    [ "$at" -eq 0 ] || before=$file
    at=$((at + size))
    file=$1.$at
  done
}`;

/**
 * Becomes the command. It leads a session of its own and writes down who it is before anything of the job runs: whoever
 * makes `leader` first decides whether it does. The job's own script comes over descriptor 3, for a file that only root
 * may read is not the job's user's to open: who becomes another reads it as standard input.
 * Arguments: directory, umask, program and arguments that change the identity.
 */
export const LEADER = `set -C
true >leader || exit 125
set +C
read -r me </proc/$$/stat 2>/dev/null || me=$$
echo "$me" >leader || {
  mv open ${UNWRITTEN}.125
  exit 125
}
cd "$1" || exit 126
umask "$2"
shift 2
[ $# -gt 0 ] || [ ! -r /dev/fd/3 ] || . /dev/fd/3
exec "$@" /bin/sh -s <&3 3<&-`;

/** True for a process that is there and no zombie; where the system does not tell, for each. */
const LIVES = `lives() {
  [ -r /proc/self/stat ] || return 0
  read -r it <"/proc/$1/stat" || return 1
  case $it in *') Z '*) return 1 ;; esac
}`;

/**
 * Keeps one run: takes the lock, says ready, waits to be told to go, runs the command to its end and writes down how
 * it ended. Of all who try, the one that removes `job` may start the run, ever; that takes no space, and neither does
 * the end have to: where no file can be made, one that is there gets its name. A TERM is for the command, which may be
 * in the same control group: this one stays to write the end down, as `killed` then. What a shell says of a command that
 * a signal ended ("Killed") is not output of it: a subshell opens its streams.
 * The command is started by a guard, which has the lock as well: when somebody kills the keeper alone, the lock is
 * held until the command ends, and the end is written down in its place (a zombie is killed: not every init reaps it).
 * What it has seen stands in the spool from then on, for a keeper that is killed while it waits for the last output.
 * When somebody kills the guard alone, the keeper holds the lock until the command ends; how it ended, nobody knows
 * then.
 * Arguments: spool of the run, lock file or nothing, bytes of a file of output or nothing,
 * directory of the command, then program and arguments that change the identity. Without any it was started before its
 * run is known, in the directory that will be the spool: it makes what takes long, and reads them, quoted, from a line.
 */
export const KEEPER = `${COPY}
${LIVES}
leader=${quote(LEADER)}
mask=$(umask)
if [ $# -eq 0 ]; then
  cd "\${0%/*}" || exit 1
  umask 077
  mkfifo out err || exit 1
  read -r words || exit ${NOT_TOLD}
  eval "set -- $words"
fi
spool=$1 lock=$2 room=$3 dir=$4
shift 4
told=exited
trap 'told=killed' TERM HUP INT QUIT
cd "$spool" || exit 1
if [ -n "$lock" ]; then
  exec 9>>"$lock" || exit 1
  flock --exclusive --nonblock --conflict-exit-code ${HELD_BY_OTHER} 9 || exit
fi
umask 077
if [ -n "$room" ] && [ ! -p err ]; then
  [ ! -p out ] || rm out
  mkfifo out err || exit 1
fi
echo ready
read -r word && [ "$word" = go ] || exit ${NOT_TOLD}
exec </dev/null >/dev/null 2>&1
exec 3<job
rm job || exit ${NOT_TOLD}
read -r me </proc/$$/stat || me=$$
echo "$me" >supervisor || {
  mv open ${UNWRITTEN}.126
  exit 1
}
first= second=
if [ -n "$room" ]; then
  copy stdout <out 3<&- 9>&- &
  first=$!
  copy stderr <err 3<&- 9>&- &
  second=$!
fi
(
  trap : TERM HUP INT QUIT
  if [ -n "$room" ]; then
    (exec setsid /bin/sh -c "$leader" sh "$dir" "$mask" "$@") >out 2>err 9>&-
  else
    (exec setsid /bin/sh -c "$leader" sh "$dir" "$mask" "$@") 9>&-
  fi
  status=$?
  true >"${LAST}.$status" || mv keeper "${LAST}.$status"
  if [ -r /proc/self/stat ]; then lives $$; else kill -0 $$; fi || {
    sleep 0.25
    mv open "exited.$status"
  }
  exit "$status"
)
status=$?
exec 3<&-
pid=0
[ "$status" -le 128 ] || read -r pid rest <leader
while [ "$status" -gt 128 ] && [ -r /proc/self/stat ] && lives "$pid"; do
  told=unknown
  sleep 0.2
done
[ "$told" != unknown ] || exit 1
end=$told
if [ -n "$room" ]; then
  timer=
  if kill -0 "$first" && lives "$first" || kill -0 "$second" && lives "$second"; then
    { sleep 0.25; kill -TERM 0; } 9>&- &
    timer=$!
  fi
  wait "$first"
  wait "$second"
  [ -z "$timer" ] || kill "$timer"
fi
# Gone: the leader has written an end down.
[ ! -e open ] || true >"$end.$status" || mv open "$end.$status"`;
