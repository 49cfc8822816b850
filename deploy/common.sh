# Shared by the scripts of this folder and by tests/run; sourced, never run. They set `data`, the data folder.
# shellcheck shell=bash disable=SC2034,SC2154

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
service_user=homeschool

say() { printf '%s\n' "$*" >&2; }
die() { say "$(basename "$0"): $*"; exit 1; }

is_root() { (( EUID == 0 )); }

# PostgreSQL refuses to run as root, and nothing else here needs to: started by root, every process is the service
# user's. The environment is emptied so that a caller's PG*, RABBITMQ_* or DOTNET_* variables change nothing.
as_service_user() {
  local clean=(env -i PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin HOME=/nonexistent LANG=C.UTF-8 "$@")
  if is_root; then
    setpriv --reuid="$service_user" --regid="$service_user" --clear-groups "${clean[@]}"
  else
    "${clean[@]}"
  fi
}

# For a command that leaves a server behind: no open file of the caller stays open in it, such as a lock that the caller
# holds or the pipe that a test reads to its end.
without_open_files() (
  for file in "/proc/$BASHPID/fd/"*; do
    (( ${file##*/} <= 2 || ${file##*/} == 255 )) || eval "exec ${file##*/}>&-" # 255: this script, which bash closes itself
  done
  "$@"
)

# Creates the service user when root needs it. It logs in nowhere and owns only what the servers write.
ensure_service_user() {
  is_root || return 0
  ! getent passwd "$service_user" >/dev/null || return 0
  say "Creating the system user '$service_user': PostgreSQL does not run as root, and the services need not."
  useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$service_user"
}

# The data folder: HOMESCHOOL_DATA, else .data in the clone, else (a clone that the service user cannot enter, such as
# one under /root) /var/lib/homeschool.
data_folder() {
  if [[ -n ${HOMESCHOOL_DATA:-} ]]; then
    realpath -m -- "$HOMESCHOOL_DATA"
  elif is_root && ! as_service_user test -x "$repo"; then
    echo /var/lib/homeschool
  else
    echo "$repo/.data"
  fi
}

port_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# wait_until SECONDS COMMAND...: fails when the command has not succeeded by then.
wait_until() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    (( SECONDS < end )) || return 1
    sleep 0.1
  done
}

# The ports that this data folder was made with.
read_ports() {
  [[ -e $data/ports ]] || die "there is no HomeSchool in $data yet: deploy/up or deploy/servers start makes one."
  read -r postgres_port rabbitmq_port management_port erlang_port epmd_port http_port <"$data/ports"
}

# Prints a password of the installation, made when it is first asked for. Hexadecimal needs no escaping in a connection
# string, a URI or a configuration file.
secret() {
  local file=$data/secrets/$1
  [[ -s $file ]] || od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$file"
  cat "$file"
}

# config FILE [MODE]: writes standard input to a file that the service user may read and not change.
config() {
  install -m "${2:-640}" /dev/stdin "$data/config/$1"
  ! is_root || chgrp "$service_user" "$data/config/$1"
}

# Prints the ids of the processes whose working folder is this one of the data folder. Unlike a pid file it cannot name
# a stranger after a reboot, and it finds PostgreSQL's children as well.
processes() {
  find /proc/[0-9]*/cwd -maxdepth 0 -printf '%h %l\n' 2>/dev/null |
    awk -v folder="$data/$1" '$2 == folder { sub("/proc/", "", $1); print $1 }'
}

running() { [[ -n $(processes "$1") ]]; }
stopped() { ! running "$1"; }

supervisorctl() { as_service_user supervisorctl -c "$data/config/supervisord.conf" "$@"; }

# The services, which are the parts with data.
services() {
  local file
  for file in "$repo"/services/*/*.csproj; do
    ! grep -qs 'Sdk="Microsoft.NET.Sdk.Web"' "$file" || basename "${file,,}" .csproj
  done
}

# A folder for the plain files of a district that leaves or comes, gone when the script ends, however it ends. The services write
# there, so it is the service user's.
make_leaving_folder() {
  folder=$(mktemp -d "$data/leaving.XXXXXX")
  trap 'rm -rf "$folder"' EXIT
  trap 'exit 130' INT TERM
  ! is_root || chown "$service_user:$service_user" "$folder"
}
