# Debian packages; sourced by deploy/up and tests/run, never run.
# shellcheck shell=bash

# ensure_packages PACKAGE:FILE:WHY...: installs each package whose file is missing, as root; otherwise says how.
ensure_packages() {
  local entry package file why missing=() begin=$SECONDS
  for entry in "$@"; do
    IFS=: read -r package file why <<<"$entry"
    [[ ! -e $file ]] || continue
    say "$package is missing: $why"
    missing+=("$package")
  done
  (( ${#missing[@]} )) || return 0
  is_root || die "install with: sudo apt-get install ${missing[*]}"
  say "Installing ${missing[*]} from Debian ..."
  apt_get update
  without_starting_them apt_get install --yes --no-install-recommends "${missing[@]}"
  say "  done in $((SECONDS - begin)) s"
}

# Its many lines are shown only when it fails. Some packages' own scripts rely on the usual umask.
apt_get() (
  umask 022
  output=$(DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" </dev/null 2>&1) || die "apt-get $*: $output"
)

# Debian starts a server on installation and again at every boot. The project starts its own, so Debian's PostgreSQL
# cluster is not made, and a service that this installation brings is neither started nor enabled. What was there before
# stays as it is.
without_starting_them() (
  policy=/usr/sbin/policy-rc.d before=()
  for unit in rabbitmq-server supervisor; do
    [[ ! -e /lib/systemd/system/$unit.service ]] || before+=("$unit")
  done
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    trap 'rm -f "$policy"' EXIT
  fi
  if [[ ! -e /etc/postgresql-common/createcluster.conf ]]; then
    apt_get install --yes --no-install-recommends postgresql-common
    echo 'create_main_cluster = false' >>/etc/postgresql-common/createcluster.conf
  fi
  "$@"
  if [[ -d /run/systemd/system ]]; then
    for unit in rabbitmq-server supervisor; do
      [[ " ${before[*]} " == *" $unit "* || ! -e /lib/systemd/system/$unit.service ]] || systemctl --quiet disable "$unit"
    done
  fi
)
