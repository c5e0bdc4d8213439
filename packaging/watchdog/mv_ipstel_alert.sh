#!/bin/sh
# Run by the watchdog when a server has missed FailureLimit check files (docs/how-to/watchdog.md). What it is told:
#   WATCHDOG_NAME     name of the server               WATCHDOG_HOST    address where it is asked
#   WATCHDOG_SERVERS  what failed: tftp:69 http:81     WATCHDOG_CODES   why, a code for each of them
#   WATCHDOG_REASON   a sentence                       WATCHDOG_COUNTS  tftp:69=5 http:81=0 ...
#   WATCHDOG_LIMIT    FailureLimit                     WATCHDOG_ALERTS  the how manieth alert since the start
#   WATCHDOG_TIME     2026-11-26T14:02:00.000Z
# Whatever a telephone or a person chose may stand in these: quote them, and never hand them to eval.
# Its output goes to the watchdog's log. Add your own: mail, SNMP traps, a pager.
set -u

unit=${BRANCHLINE_UNIT:-branchline.service}

echo "alert $WATCHDOG_ALERTS: $WATCHDOG_SERVERS: $WATCHDOG_REASON"

if [ ! -d /run/systemd/system ]; then
  echo "no systemd runs here: say in this script how the server is restarted" >&2
  exit 1
fi
if [ "$(systemctl is-active "$unit")" = inactive ]; then
  echo "$unit was stopped by somebody and is left alone"
  exit 0
fi
# As the user branchline this needs packaging/polkit/60-branchline.rules, and polkit.
exec systemctl --no-ask-password restart "$unit"
