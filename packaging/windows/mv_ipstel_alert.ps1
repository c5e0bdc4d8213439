# Run by the watchdog when a server has missed FailureLimit check files: docs/how-to/watchdog.md says what it is told.
# Whatever a telephone or a person chose may stand in these values: use them as data, never with Invoke-Expression.
# Its output goes to the watchdog's log. Add your own: mail, a pager.
$ErrorActionPreference = 'Stop'
$id = 'branchline'

Write-Output "alert $($env:WATCHDOG_ALERTS): $($env:WATCHDOG_SERVERS): $($env:WATCHDOG_REASON)"
$service = Get-Service -Name $id
if ($service.StartType -eq 'Disabled') {
    Write-Output "$id was disabled by somebody and is left alone"
    exit 0
}
if ($service.Status -eq 'Running') { Stop-Service -Name $id -Force }
Start-Service -Name $id
