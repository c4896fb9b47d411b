/**
 * Shell scripts that start a sandboxed command. They receive everything as arguments, and nothing is pasted into them.
 *
 * @module
 */

/**
 * Becomes bwrap, with a filter of system calls: `FILTER ARG …`. A terminal sends its signals to bwrap too, which would end at once
 * and take the command with it, so they are ignored here if {@linkcode ENTER} can undo that. Files that are open by accident are
 * closed, since the command could read them. (Other shells than bash can name only descriptors of one digit.)
 */
export const START_BUBBLEWRAP = `
filter=$1
shift
if env --default-signal=INT true 2>/dev/null; then trap '' INT QUIT HUP; fi
case $(bwrap --help 2>&1) in *--disable-userns*) set -- --disable-userns "$@" ;; esac
close='' few=''
for fd in /proc/self/fd/*; do
  fd=\${fd##*/}
  case $fd in 0 | 1 | 2) ;; ?) close="$close $fd>&-" few="$few $fd>&-" ;; *) close="$close $fd>&-" ;; esac
done
if command -v bash >/dev/null; then
  exec bash -c 'eval "exec$1"; filter=$2; shift 2; exec bwrap --seccomp 9 "$@" 9<"$filter"' bash "$close" "$filter" "$@"
fi
eval "exec$few"
exec bwrap --seccomp 9 "$@" 9<"$filter"`;

/**
 * Inside: compares what is mounted, starts the relay, waits until it listens, sets the variables of the clients, and becomes the
 * command: `MOUNTS RUNTIME RELAY PORT SOCKET VARIABLES PATH COMMAND [ARG …]`. The relay is no child of the command.
 *
 * MOUNTS is a line for each mount, as in mounts.ts. A mount at one of those places has to be one of those.
 */
export const ENTER = `
expected="
$1
" seen="
"
replaced() { echo "cred-proxy: $1 was replaced while the sandbox was made, so nothing is started; does another session run here?" >&2; exit 78; }
while read -r _ _ device root point _; do
  case $expected in
    *"
- - $point
"*) ;;
    *"
$device $root $point
"*) ;;
    *" $point
"*) replaced "$point" ;;
    *) continue ;;
  esac
  seen="$seen$point
"
done </proc/self/mountinfo
while read -r _ _ point; do
  case $seen in *"
$point
"*) ;; *) replaced "$point" ;; esac
done <<END
$1
END
runtime=$2 relay=$3 port=$4 socket=$5 variables=$6 path=$7
shift 7
env=$(command -v env)
"$env" --default-signal=INT true 2>/dev/null || env=''
ready=/run/cred-proxy/ready
mkfifo "$ready"
(DENO_DIR=/run/cred-proxy/cache DENO_NO_UPDATE_CHECK=1 exec "$runtime" run --quiet --no-prompt --no-config --no-remote --no-npm \\
  --allow-net="127.0.0.1:$port,unix:$socket" --allow-read="$socket" --allow-write="$socket" \\
  "$relay" "$port" "$socket" </dev/null >"$ready" 2>/dev/null &)
read -r line <"$ready" || { echo 'cred-proxy: the relay in the sandbox does not start' >&2; exit 70; }
rm "$ready"
eval "$variables"
export PATH="$path"
unset runtime relay port socket variables path ready line expected seen device root point
if ! command -v "$1" >/dev/null; then
  echo "cred-proxy: $1 is not to be found in the sandbox; if it lies in your home, show its folder with --read" >&2
  exit 127
fi
[ -z "$env" ] || exec "$env" --default-signal=INT,QUIT,HUP "$@"
exec "$@"`;

/** Without a sandbox: sets the variables of the clients and becomes the command: `VARIABLES PATH COMMAND [ARG …]`. */
export const ENTER_WITHOUT_SANDBOX = `
variables=$1
export PATH="$2"
shift 2
eval "$variables"
unset variables
exec "$@"`;

/** Sends a signal to the command below bwrap, which is the only child of bwrap's only child at first: `PID SIGNAL`. */
export const SIGNAL_COMMAND = `
children() { first=\$(cat "/proc/$1/task/$1/children") && first=\${first%% *}; }
children "$1" && children "$first" && kill -s "$2" "$first"`;

/** Stops the service, and waits up to three seconds for its end: `PID`. Nobody waits for this child, so it stays as a zombie. */
export const STOP_SERVICE = `
kill "$1" || exit
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
  case $(cat "/proc/$1/stat" 2>/dev/null) in *') Z '* | '') break ;; *) sleep 0.1 ;; esac
done`;

/**
 * Makes what the repository of the current folder lacks of what is guarded, since what is not there can't be, and the command could
 * make it. Never through a link.
 */
export const PREPARE_GIT = `
[ -d .git ] && ! [ -L .git ] || exit 0
[ -e .git/hooks ] || [ -L .git/hooks ] || mkdir .git/hooks
set -C
[ -e .git/config ] || [ -L .git/config ] || : >.git/config`;

/** Removes those files that there are, and prints their paths: `[FILE …]`. */
export const REMOVE_PLANTED = `
for file; do
  if [ -e "$file" ] || [ -L "$file" ]; then rm -rf -- "$file" && printf '%s\\n' "$file"; fi
done`;
