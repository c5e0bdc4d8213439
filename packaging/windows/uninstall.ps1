#Requires -RunAsAdministrator
# Takes the services away. Settings and data stay where they are: in %ProgramData%\Branchline.
Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

$ids = @{ server = 'branchline'; manager = 'branchlinemanager'; watchdog = 'branchlinewatchdog' }
foreach ($service in @('watchdog', 'manager', 'server')) {
    if (-not (Get-Service -Name $ids[$service] -ErrorAction SilentlyContinue)) { continue }
    $exe = Join-Path $PSScriptRoot "branchline-$service.exe"
    & $exe stop
    & $exe uninstall
    if ($LASTEXITCODE -ne 0) { throw "$exe uninstall ended with $LASTEXITCODE" }
    Remove-Item -LiteralPath $exe
}
Remove-NetFirewallRule -Name 'Branchline' -ErrorAction SilentlyContinue
