#!/usr/bin/env bash
# frakti and hyperd: running, answering at the sockets that others reach them by, started in
# the order they need.
# shellcheck source=tests/CephRbd.LabTests/Doctor/node/lib.sh
. "$(dirname "$0")/../lib.sh"

flags=(--container-runtime=remote --container-runtime-endpoint=unix:///run/f.sock/frakti.sock)
# shellcheck disable=SC2016 # Perl's own variables
listen_unix='$s = IO::Socket::UNIX->new(Local => "/run/f.sock/frakti.sock", Listen => 5) or die'
# shellcheck disable=SC2016 # Perl's own variables
listen_tcp='$s = IO::Socket::INET->new(LocalAddr => "127.0.0.1:22318", ReuseAddr => 1, Listen => 5) or die'
mkdir /run/f.sock

kubelet "${flags[@]}"
early=$pid
ask
finding frakti failed 'does not run' 'systemd has no unit' 'systemctl restart frakti kubelet'
finding hyperd failed 'does not run' 'systemctl restart hyperd frakti kubelet'
finding start-order skipped

start /usr/bin/frakti '' --listen=/run/f.sock/frakti.sock
frakti=$pid
ask
finding frakti failed /run/f.sock/frakti.sock 'no such socket'
finding start-order warning 'kubelet was started before frakti'
stop "$frakti"

# hyperd without its gRPCHost runs and answers nobody; the remedy's first part sets it.
mkdir -p /etc/hyper
printf 'Hypervisor=libvirt\n' >/etc/hyper/config
start /usr/bin/hyperd '' --v=3
hyperd=$pid
start /usr/bin/frakti "$listen_unix" --listen=/run/f.sock/frakti.sock --hyper-endpoint=127.0.0.1:22318
frakti=$pid
until_true test -S /run/f.sock/frakti.sock
ask
finding frakti ok "pid $frakti" /run/f.sock/frakti.sock
finding hyperd failed 127.0.0.1:22318 refused 'gRPCHost unset'
bash -c "${remedy%%; systemctl*}"
grep -qx gRPCHost=127.0.0.1:22318 /etc/hyper/config || die "the remedy did not set it: $(</etc/hyper/config)"
ask
finding hyperd failed refused 'systemctl restart hyperd frakti kubelet'

# A socket file that nobody listens at any more.
stop "$frakti"
start /usr/bin/frakti '' --listen=/run/f.sock/frakti.sock
ask
finding frakti failed refused
rm /run/f.sock/frakti.sock

# All in order; then one that is stopped, whose socket the kernel still answers for.
stop "$pid"
stop "$hyperd"
stop "$early"
start /usr/bin/hyperd "$listen_tcp"
hyperd=$pid
sleep 0.1
start /usr/bin/frakti "$listen_unix" --listen=/run/f.sock/frakti.sock
until_true test -S /run/f.sock/frakti.sock
sleep 0.1
kubelet "${flags[@]}"
ask
finding frakti ok
finding hyperd ok 127.0.0.1:22318
finding start-order ok
finding kubelet ok
kill -STOP "$hyperd"
ask
finding hyperd failed 'stopped by a signal' "kill -CONT $hyperd"
kill -CONT "$hyperd"

configure 'runtime:"host"'
ask
finding frakti skipped
finding hyperd skipped
finding start-order skipped
