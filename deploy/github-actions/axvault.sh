#!/bin/sh
# Gives a job its credentials from Axvault: docs/ci.md. Needs curl and jq. Runs in any POSIX shell.
#   sh axvault.sh start   exchanges the identity token of the job for an API key, and logs the agents of AXVAULT_LOGIN in
#   sh axvault.sh end     ends the key that start has kept
# A trace would print secrets.
set +x
set -eu
umask 077
LC_ALL=C
export LC_ALL
newline='
'

in_github() { [ "${GITHUB_ACTIONS:-}" = true ]; }

# The runner of GitHub reads commands line by line, and undoes the encoding of the percent sign.
say() {
  text=$(printf '%s' "$2" | tr '[:cntrl:]' ' ')
  if in_github; then
    printf '::%s title=Axvault::%s\n' "$1" "$(printf '%s' "$text" | sed 's/%/%25/g')"
  else
    printf 'axvault: %s: %s\n' "$1" "$text" >&2
  fi
}

fail() {
  say error "$1"
  exit 1
}

mask() { if in_github; then printf '::add-mask::%s\n' "$1"; fi; }

# Sets code, status and answer. Secrets go by standard input: a command line can be read by every process of the machine.
# After "once", a request that may have arrived is not sent again: the vault takes an identity token once.
request() {
  repeats=$1
  shift
  attempt=0
  while :; do
    code=0
    reply=$(printf '%s' "$input" | curl --silent --show-error --globoff --proto '=http,https' --max-time 60 \
      --dump-header "$folder/headers" --write-out '\n%{http_code}' "$@") || code=$?
    status=${reply##*"$newline"}
    answer=${reply%"$newline"*}
    attempt=$((attempt + 1))
    case $status in
      408 | 429 | 500 | 502 | 503 | 504) ;;
      000) [ "$repeats" = again ] || [ "$code" -eq 6 ] || [ "$code" -eq 7 ] || return 0 ;;
      *) return 0 ;;
    esac
    [ "$attempt" -lt 4 ] || return 0
    pause=$(sed -n 's/^[Rr]etry-[Aa]fter: *\([0-9]\{1,2\}\)[^0-9]*$/\1/p' "$folder/headers" 2> /dev/null | tail -n 1)
    sleep "${pause:-$attempt}"
  done
}

reason() { printf '%s' "$answer" | jq -r '.error_description // .detail // .title // empty | strings' 2> /dev/null || :; }

authorize() { input="header = \"Authorization: Bearer $1\""; }

# Sets token: the identity of the job, by file (Kubernetes, SPIFFE), by variable (GitLab) or from GitHub.
identify() {
  if [ -n "${AXVAULT_ID_TOKEN_FILE:-}" ]; then
    token=$(cat "$AXVAULT_ID_TOKEN_FILE" 2> /dev/null) || fail "not-configured: the file $AXVAULT_ID_TOKEN_FILE cannot be read"
  elif [ -n "${AXVAULT_ID_TOKEN:-}" ]; then
    token=$AXVAULT_ID_TOKEN
  elif [ -n "${ACTIONS_ID_TOKEN_REQUEST_URL:-}" ] && [ -n "${ACTIONS_ID_TOKEN_REQUEST_TOKEN:-}" ]; then
    authorize "$ACTIONS_ID_TOKEN_REQUEST_TOKEN"
    request again --config - --get --data-urlencode "audience=$audience" "$ACTIONS_ID_TOKEN_REQUEST_URL"
    [ "$status" = 200 ] || fail "unreachable: GitHub answers $status to the request for the identity token of the job"
    token=$(printf '%s' "$answer" | jq -er '.value | strings') || fail 'unreachable: the answer of GitHub has no identity token'
  elif in_github; then
    fail 'not-configured: the job has no identity token. Give it "permissions: id-token: write". Pull requests of forks get none'
  else
    fail 'not-configured: set AXVAULT_ID_TOKEN or AXVAULT_ID_TOKEN_FILE to the identity token of the job'
  fi
  case $token in '' | *[!A-Za-z0-9._-]*) fail 'not-configured: the identity token of the job is not a JWT' ;; esac
  mask "$token"
}

# Sets key and issued.
exchange() {
  audience=${AXVAULT_AUDIENCE:-$url}
  identify
  input=$token
  request once --data-urlencode subject_token@- --data-urlencode "client_id=$AXVAULT_RULE" \
    --data-urlencode grant_type=urn:ietf:params:oauth:grant-type:token-exchange \
    --data-urlencode subject_token_type=urn:ietf:params:oauth:token-type:jwt "$url/api/v1/token"
  case $status in
    200) ;;
    000) fail "unreachable: $url does not answer" ;;
    404) fail "not-found: $url has no token exchange" ;;
    *)
      if [ "$(printf '%s' "$answer" | jq -r .error 2> /dev/null || :)" = invalid_grant ]; then
        fail "denied: the rule $AXVAULT_RULE does not take the identity token of the job. The audit log of the vault has the reason"
      fi
      fail "the server answers $status to the token exchange: $(reason)"
      ;;
  esac
  key=$(printf '%s' "$answer" | jq -er '.access_token | strings') || fail 'the server answers without a key'
  case $key in '' | *[!A-Za-z0-9_-]*) fail 'the server answers with a key that is none' ;; esac
  mask "$key"
  issued=$key
  # The step after the job ends the key also when this one fails or is cancelled.
  if in_github; then printf 'key=%s\nurl=%s\n' "$key" "$url" >> "$GITHUB_STATE"; fi
}

# Sets url and key: those of a rule, or a stored key in the variables of every client.
configure() {
  url=${AXVAULT_URL:-}
  key=${AXVAULT_API_KEY:-}
  if [ -z "${AXVAULT_RULE:-}" ] && [ -n "${AXVAULT:-}" ]; then
    url=$(printf '%s' "$AXVAULT" | jq -er '.url | strings' 2> /dev/null) && key=$(printf '%s' "$AXVAULT" | jq -er '.apiKey | strings' 2> /dev/null) \
      || fail 'not-configured: AXVAULT is not JSON with url and apiKey'
  fi
  [ -n "$url" ] && [ -n "$key${AXVAULT_RULE:-}" ] || fail 'not-configured: set the URL and the rule, or the secret AXVAULT, or AXVAULT_URL and AXVAULT_API_KEY'
  url=${url%/}
  # A line break would end the header and start another setting of curl, and a quote its value.
  case $url$key in *[[:cntrl:]\ \"\\]*) fail 'not-configured: the URL or the API key has a line break, a space, a quote or a backslash' ;; esac
  case $url in http://* | https://*) ;; *) fail 'not-configured: the URL begins with neither https:// nor http://' ;; esac
  if [ -n "${AXVAULT_RULE:-}" ]; then exchange; else mask "$(printf '%s' "$key" | sed 's/%/%25/g')"; fi
}

# Sets a variable for the steps that follow. The value has no line break.
set_variable() {
  if in_github; then
    printf '%s=%s\n' "$1" "$2" >> "$GITHUB_ENV"
  else
    printf "export %s='%s'\n" "$1" "$(printf '%s' "$2" | sed "s/'/'\\\\''/g")" >> "$variables"
  fi
}

# Reads a credential, and prints what its agent gets: an error, or variables and the content of a file.
# Only the members named here leave. A removal of names would leave every refresh token under a name that it does not know.
plan='
def text: strings | select(. != "");
def only($names): . as $from | reduce $names[] as $name ({};
  if $from[$name] | type | IN("string", "number") then .[$name] = $from[$name] else . end);
def seconds:
  if type == "string" then
    (tonumber? // (capture("^(?<d>[0-9-]{10})[Tt ](?<t>[0-9:]{8})([.][0-9]+)?([Zz]|(?<s>[+-])(?<h>[0-9]{2}):?(?<m>[0-9]{2}))?$")
      | ("\(.d)T\(.t)Z" | fromdateiso8601)
        - if .s == null then 0 else (.s + "1" | tonumber) * ((.h | tonumber) * 3600 + (.m | tonumber) * 60) end)?)
  elif type == "number" then . else empty end
  | if . > 1e11 then . / 1000 else . end | select(. > 0);
def jwt_expiry: (split(".") | select(length == 3) | .[1] | gsub("-"; "+") | gsub("_"; "/") | @base64d | fromjson | .exp | seconds)?;
def named($name; $value): if $value == null then {error: "has no token that \($agent) accepts"} else {variables: {($name): $value}} end;

.data as $data
| {google: "gemini", gemini_cli: "gemini", claude: "anthropic", claude_code: "anthropic", codex: "openai", codex_cli: "openai"} as $aliases
| (.provider // .agent // (if $data.claudeAiOauth then "claude" elif $data.tokens then "codex" else "" end)
  | ascii_downcase | gsub("-"; "_") | $aliases[.] // .) as $issuer
| ({claude: "anthropic", codex: "openai", gemini: "gemini"}[$agent] // "") as $expected
| (.provider // "") as $provider
# Arrays and not first(…): in jq 1.6 a ? would catch its end.
| [($data | .claudeAiOauth, .tokens, .[$provider] | objects), $data][0] as $login
| [$login | .access_token, .accessToken, .access, .token | text][0] as $token
| [$data.apiKey | text][0] as $key
| [($login | .expiresAt, .expires_at, .expires, .expiry_date, .expiry, .expired, .expires_on | seconds),
    ($token // "" | jwt_expiry), (.expiresAt | seconds)][0] as $expiry
| ($expiry != null and $expiry <= now) as $expired
| if $expected != "" and $issuer != "" and $issuer != $expected then
    {error: "is of \($issuer), and \($agent) takes credentials of \($expected)"}
  elif $failed and $expired then
    {error: "has expired, and the vault could not refresh it (\(.refresh.error // "see its audit log")). Log in again, and put the new tokens into the vault"}
  elif $agent == "claude" then
    if .type == "api-key" then named("ANTHROPIC_API_KEY"; $key)
    # Claude Code takes a file without scopes for no login.
    elif .type == "oauth-credentials" and ($login.accessToken | type) == "string" and ($login.scopes | type) == "array" then
      {file: "claude", content: {claudeAiOauth: (($login | only(["accessToken", "expiresAt", "subscriptionType", "rateLimitTier"]))
        + {scopes: [$login.scopes[] | strings]})}}
    else named("CLAUDE_CODE_OAUTH_TOKEN"; $token) end
  elif $agent == "codex" then
    if .type == "api-key" and $key != null then {file: "codex", content: {auth_mode: "apikey", OPENAI_API_KEY: $key}}
    elif .type == "oauth-token" then named("CODEX_ACCESS_TOKEN"; $token)
    elif ($login | (.access_token | type) == "string" and (.id_token | type) == "string") then
      # Codex sends nothing when the member refresh_token is missing.
      {file: "codex", content: (($data | only(["last_refresh"])) + {
        auth_mode: (if $data.auth_mode == "chatgptAuthTokens" then "chatgptAuthTokens" else "chatgpt" end),
        tokens: (($login | only(["id_token", "access_token", "account_id"])) + {refresh_token: ""})})}
    else {error: "has no access_token with an id_token, and codex needs both"} end
  elif $agent == "gemini" then
    if .type == "api-key" then named("GEMINI_API_KEY"; $key)
    elif $token == null then named(""; null)
    elif .type == "oauth-token" then {variables: {GOOGLE_CLOUD_ACCESS_TOKEN: $token, GOOGLE_GENAI_USE_GCA: "true"}}
    else {variables: {GOOGLE_GENAI_USE_GCA: "true"}, file: "gemini", content: (($login | only(["token_type", "scope"]))
      + {access_token: $token} + if $expiry == null then {} else {expiry_date: ($expiry * 1000 | floor)} end)} end
  elif $agent == "qwen" then
    if .type == "api-key" then named("OPENAI_API_KEY"; $key)
    else {error: "is a login, and Qwen Code takes API keys only: its login was closed on 2026-04-15"} end
  elif $agent == "opencode" then
    if $provider == "" then {error: "has no provider, and opencode needs one"}
    elif .type == "api-key" and $key != null then {file: "opencode", content: {($provider): {type: "api", key: $key}}}
    elif .type == "oauth-credentials" and $issuer == "openai" and ($login.access | type) == "string" then
      {file: "opencode", content: {($provider): (($login | only(["access", "accountId"]))
        + {type: "oauth", refresh: "", expires: (($expiry // 0) * 1000 | floor)})}}
    else {error: "is a login, and without its refresh token OpenCode takes only those of openai"} end
  else {error: "is for the agent \($agent), which is none of claude, codex, gemini, opencode and qwen"} end
| [.content, .variables | .. | strings] as $given
| if $given | any(test("[\\p{Cc}\u2028\u2029]")) then {error: "has a token with a line break or another control character"}
  # The token of GitHub Copilot is such a one.
  elif any($data | .. | objects | to_entries[] | select(.key | test("^refresh(_?token)?$"; "i")) | .value | text; IN($given[])) then
    {error: "has a token that is also its refresh token. It stays in the vault"}
  else . + {secrets: [(.variables // {} | to_entries[] | select(.key != "GOOGLE_GENAI_USE_GCA") | .value),
    (.content | .. | objects | .accessToken?, .access_token?, .access?, .id_token?, .key?, .OPENAI_API_KEY? | text)]}
    + if $failed then {warning: "was not refreshed (\(.refresh.error // "see the audit log of the vault")). The stored token is used"}
      elif $expired then {warning: "has a token that has expired"} else {} end
  end'

# Logs an agent in with a credential. The refresh token is in the memory of this process only.
login() {
  case ${2:-} in '' | *[!A-Za-z0-9._-]*) fail "not-configured: expected an agent and the name of a credential, got \"$1 ${2:-}\"" ;; esac
  authorize "$key"
  request again --config - "$url/api/v1/credentials/$2"
  case $status in
    200) ;;
    000) fail "unreachable: $url does not answer" ;;
    401) fail 'unauthorized: the API key is unknown, deleted or mistyped' ;;
    403) fail "forbidden: the API key may not read $2" ;;
    404) fail "not-found: there is no credential $2" ;;
    *) fail "the server answers $status: $(reason)" ;;
  esac
  failed=false
  if grep -qi '^x-axvault-refresh-failed: *true' "$folder/headers"; then failed=true; fi
  given=$(printf '%s' "$answer" | jq -c --arg agent "$1" --argjson failed "$failed" "$plan" 2> /dev/null) && [ -n "$given" ] \
    || fail "the answer for $2 cannot be read"
  answer=
  error=$(printf '%s' "$given" | jq -r '.error // empty')
  [ -z "$error" ] || fail "$2 $error"
  if in_github; then printf '%s' "$given" | jq -r '.secrets[] | "::add-mask::" + gsub("%"; "%25")'; fi
  warning=$(printf '%s' "$given" | jq -r '.warning // empty')
  [ -z "$warning" ] || say warning "$2 $warning"
  printf '%s' "$given" | jq -r '.variables // {} | to_entries[] | "\(.key) \(.value)"' | while read -r name value; do set_variable "$name" "$value"; done
  case $(printf '%s' "$given" | jq -r '.file // empty') in
    claude) write "${CLAUDE_CONFIG_DIR:-$HOME/.claude}" .credentials.json ;;
    codex) write "${CODEX_HOME:-$HOME/.codex}" auth.json ;;
    gemini) write "$HOME/.gemini" oauth_creds.json ;;
    opencode) write "${XDG_DATA_HOME:-$HOME/.local/share}/opencode" auth.json ;;
  esac
}

# Writes the file of an agent. That of OpenCode has an entry for each provider; the others stay.
write() {
  mkdir -p "$1"
  printf '{}' > "$folder/before"
  if [ "$1" != "${1%/opencode}" ] && [ -s "$1/$2" ]; then cat "$1/$2" > "$folder/before"; fi
  printf '%s' "$given" | jq --slurpfile before "$folder/before" '$before[0] + .content' > "$1/$2.new"
  mv "$1/$2.new" "$1/$2"
}

end() {
  authorize "$1"
  request again --config - --request DELETE "$url/api/v1/keys/self"
  case $status in 204 | 401) ;; *) say warning "the server answers $status, so the key of this job lives until it expires" ;; esac
}

# Ends the key, unless the job goes on with it.
finish() {
  result=$?
  trap - EXIT
  set +e
  if [ -n "$issued" ] && { [ "$result" -ne 0 ] || [ "$kept" = false ]; }; then
    end "$issued"
    if in_github; then printf 'key=\n' >> "$GITHUB_STATE"; fi
  fi
  rm -rf "$folder"
  exit "$result"
}

start() {
  variables=${AXVAULT_ENV_FILE:-$HOME/.axvault.env}
  if ! in_github; then rm -f "$variables" && : > "$variables"; fi
  [ -n "${AXVAULT_RULE:-}${AXVAULT_LOGIN:-}" ] || fail 'not-configured: there is neither a rule nor an agent to log in'
  configure
  # The input is a file of lines, each with an agent and a credential.
  while read -r agent credential; do
    [ -z "$agent" ] || login "$agent" "$credential"
  done << LINES
${AXVAULT_LOGIN:-}
LINES
  # An agent that has the key could read the refresh token with it. So it gets the key only when told so.
  if [ -n "$issued" ] && { [ -z "${AXVAULT_LOGIN:-}" ] || [ "${AXVAULT_KEEP_KEY:-}" = true ]; }; then
    set_variable AXVAULT "$(printf '%s\n%s' "$url" "$key" | jq -Rsc 'split("\n") | {url: .[0], apiKey: .[1]}')"
    set_variable AXVAULT_URL "$url"
    set_variable AXVAULT_API_KEY "$key"
    in_github || set_variable AXVAULT_ISSUED_KEY "$key"
    kept=true
  fi
}

for program in curl jq; do
  command -v "$program" > /dev/null || fail "not-configured: $program is not installed"
done
issued=
kept=false
folder=$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/axvault.XXXXXX")
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
case ${1:-} in
  start) start ;;
  end)
    url=${AXVAULT_URL:-}
    # A stored key never stands in this variable, so it is never ended.
    [ -z "${AXVAULT_ISSUED_KEY:-}" ] || end "$AXVAULT_ISSUED_KEY"
    ;;
  *) fail 'expected start or end' ;;
esac
