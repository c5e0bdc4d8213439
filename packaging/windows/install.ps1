#Requires -RunAsAdministrator
# Makes services of the server, the manager and the watchdog. Once more with a newer WinSW or other XML files: it starts afresh.
# docs/how-to/windows.md says what must be there before.
param(
    # WinSW 2.12 for x64, as its project publishes it.
    [Parameter(Mandatory = $true)] [string] $WinSW,
    # Of these: server, manager, watchdog.
    [string[]] $Services = @('server', 'manager', 'watchdog')
)
Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

$ids = @{ server = 'branchline'; manager = 'branchlinemanager'; watchdog = 'branchlinewatchdog' }
$site = Join-Path $env:ProgramData 'Branchline'
$node = Join-Path $env:ProgramFiles 'nodejs\node.exe'
$main = Join-Path $PSScriptRoot '..\..\dist\apps\cli\main.js'

function Invoke-Checked([string] $Program, [string[]] $Arguments) {
    & $Program @Arguments
    if ($LASTEXITCODE -ne 0) { throw "$Program $Arguments ended with $LASTEXITCODE" }
}

foreach ($needed in @($WinSW, $node, $main)) {
    if (-not (Test-Path -LiteralPath $needed)) { throw "$needed is not there" }
}
New-Item -ItemType Directory -Force -Path $site, (Join-Path $site 'log') | Out-Null
if ('watchdog' -in $Services -and -not (Test-Path (Join-Path $site 'MV_WatchDog.ini'))) {
    Copy-Item (Join-Path $PSScriptRoot 'MV_WatchDog.ini') $site
    Copy-Item (Join-Path $PSScriptRoot 'mv_ipstel_alert.ps1') $site
}

# The accounts of the services exist as soon as the services do; they have no password.
foreach ($service in $Services) {
    $id = $ids[$service]
    $exe = Join-Path $PSScriptRoot "branchline-$service.exe"
    if (Get-Service -Name $id -ErrorAction SilentlyContinue) { & $exe stop; Invoke-Checked $exe @('uninstall') }
    Copy-Item -LiteralPath $WinSW -Destination $exe -Force
    Invoke-Checked $exe @('install')
    Invoke-Checked 'sc.exe' @('config', $id, 'obj=', "NT SERVICE\$id")
}

# Keys and passwords are in it: administrators, the system and these services, nobody else.
Invoke-Checked 'icacls.exe' @($site, '/inheritance:r', '/grant', '*S-1-5-32-544:(OI)(CI)F', '*S-1-5-18:(OI)(CI)F')
foreach ($service in $Services) {
    Invoke-Checked 'icacls.exe' @($site, '/grant', "NT SERVICE\$($ids[$service]):(OI)(CI)M")
    # An administrator runs what lies here: no service may change it.
    Invoke-Checked 'icacls.exe' @($PSScriptRoot, '/grant:r', "NT SERVICE\$($ids[$service]):(OI)(CI)RX")
}

# The watchdog may look at the server, start it and stop it (LC, RP, WP), and nothing else.
if ('watchdog' -in $Services -and 'server' -in $Services) {
    $account = New-Object Security.Principal.NTAccount("NT SERVICE\$($ids['watchdog'])")
    $sid = $account.Translate([Security.Principal.SecurityIdentifier]).Value
    $now = (& sc.exe sdshow $ids['server'] | Where-Object { $_ -match '^D:' })
    if ($now -notmatch [regex]::Escape($sid)) {
        $ace = "(A;;LCRPWP;;;$sid)"
        $wanted = if ($now -match '^(D:.*?)(S:.*)$') { $Matches[1] + $ace + $Matches[2] } else { $now + $ace }
        Invoke-Checked 'sc.exe' @('sdset', $ids['server'], $wanted)
    }
}

# Telephones come by many ports, some of them chosen anew for each transfer: the program is let through, not the ports.
if (-not (Get-NetFirewallRule -Name 'Branchline' -ErrorAction SilentlyContinue)) {
    New-NetFirewallRule -Name 'Branchline' -DisplayName 'Branchline' -Direction Inbound -Action Allow -Program $node | Out-Null
}
foreach ($service in $Services) { Start-Service -Name $ids[$service] }
Get-Service -Name ($Services | ForEach-Object { $ids[$_] })
