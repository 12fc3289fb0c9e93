#!/bin/sh
# Proves that a deployed gallery works, from the upload of three files with odd names until they are gone again, in about five
# minutes. It needs the AWS command line and curl. What it uploads it also deletes.
#
#   deploy/smoke.sh [STACK]                   a stack in the configured account and region (default: shoebox)
#   URL=… BUCKET=… [SITE=…] deploy/smoke.sh   a gallery by its address, the owner's bucket and, if known, ours
#
# Other variables: AWS_ENDPOINT_URL (for another S3 than Amazon's), WAIT (seconds to wait for anything, 300), DIRECT=no (do not ask
# the bucket without credentials: what stands in for S3 does not check them).
#
# It prints one line for each check: "ok", "FAILED", or "skipped" with the reason. The exit code is 1 when any failed.
set -eu

STACK=${1:-shoebox}
WAIT=${WAIT:-300}
DIRECT=${DIRECT:-yes}
failed=0

say() { printf '%-8s %s\n' "$1" "$2"; }
ok() { say ok "$1"; }
skip() { say skipped "$1"; }
fail() {
	say FAILED "$1"
	failed=$((failed + 1))
}

# The command line of version 1 does not take every service's endpoint from the environment.
amazon() {
	if [ -n "${AWS_ENDPOINT_URL:-}" ]; then
		aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"
	else
		aws "$@"
	fi
}

output() {
	amazon cloudformation describe-stacks --stack-name "$STACK" --output text \
		--query "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue | [0]"
}

# status URL [curl's options]: the HTTP status, 000 when there is no answer.
status() {
	address=$1
	shift
	curl -s -o "$work/body" -w '%{http_code}' --max-time 30 "$@" "$address" || true
}

# encode TEXT: as in the links of the gallery's pages, where all but unreserved characters are escaped.
encode() {
	printf %s "$1" | od -An -v -tx1 | tr -s ' ' '\n' | while read -r hex; do
		case $hex in
		'') ;;
		2d | 2e | 5f | 7e | 3[0-9] | 4[1-9a-f] | 5[0-9a] | 6[1-9a-f] | 7[0-9a]) printf '%b' "\\0$(printf %o "0x$hex")" ;;
		*) printf '%%%s' "$hex" | tr a-f A-F ;;
		esac
	done
}

# until_ok SECONDS COMMAND…: runs the command every second until it succeeds, and sets waited to the seconds that it took.
until_ok() {
	limit=$1
	shift
	begun=$(date +%s)
	while :; do
		waited=$(($(date +%s) - begun))
		if "$@"; then return 0; fi
		if [ "$waited" -ge "$limit" ]; then return 1; fi
		sleep 1
	done
}

page_is() { [ "$(status "$URL$1")" = "$2" ]; }
stored() { amazon s3api head-object --bucket "$SITE" --key "$1" >/dev/null 2>&1; }
finds() {
	[ "$(status "$URL-/search?q=$word" -H 'Accept: application/json')" = 200 ] && grep -q "\"total\":$1," "$work/body"
}

for program in aws curl od; do
	command -v "$program" >/dev/null || { echo "smoke.sh: $program is not on the PATH: install it" >&2; exit 2; }
done
if [ -z "${URL:-}" ]; then
	URL=$(output Url)
	BUCKET=$(output OriginalsBucket)
	SITE=$(output SiteBucket)
	function=$(amazon cloudformation list-stack-resources --stack-name "$STACK" --output text \
		--query "StackResourceSummaries[?ResourceType=='AWS::Lambda::Url'].PhysicalResourceId | [0]")
	SEARCH=$(amazon lambda get-function-url-config --function-name "$function" --query FunctionUrl --output text) || SEARCH=
fi
case ${URL:-} in
http*) ;;
*) echo "smoke.sh: stack $STACK has no output Url: deploy it first, or set URL and BUCKET" >&2; exit 2 ;;
esac
URL=${URL%/}/
: "${BUCKET:?set it to the name of the bucket with data/}"
SITE=${SITE:-}
SEARCH=${SEARCH:-}

work=$(mktemp -d)
word=smoke$(date +%s)$$
album=smoke-test-$word
clean() {
	amazon s3 rm --recursive --only-show-errors "s3://$BUCKET/data/$album/" || echo "smoke.sh: delete s3://$BUCKET/data/$album/ by hand" >&2
	rm -rf "$work"
}
trap clean EXIT
trap 'exit 130' INT TERM

# A picture of 16 by 16 pixels.
mkdir "$work/up"
one='100% #1 & „zwei“?.png'
two='a+b  c;d.png'
three='Grüße 🌄 [x].png'
for name in "$one" "$two" "$three"; do
	printf %s iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAFklEQVR42mNwaDhAEmIY1TCqYfhqAACldYAQpric7gAAAABJRU5ErkJggg== |
		{ base64 -d 2>/dev/null || base64 -D; } >"$work/up/$name"
	printf -- '---\ntitle: %s\n---\n' "$word" >"$work/up/$name.md"
done

echo "gallery $URL, originals in s3://$BUCKET"

if page_is '' 200; then ok 'the front page answers 200'; else fail "the front page answers $(status "$URL")"; fi
if page_is "none-$word/none.html" 404 && grep -qi '<html' "$work/body"; then
	ok 'what is not there answers 404, with a page'
else
	fail "what is not there answers $(status "$URL""none-$word/none.html"), want 404 with a page"
fi
if page_is 'private/index.html' 404; then ok 'what is private answers 404 without a share link'; else
	fail "private/index.html answers $(status "${URL}private/index.html"), want 404"
fi

amazon s3 sync --only-show-errors "$work/up" "s3://$BUCKET/data/$album/"
echo "uploaded three files to data/$album/"

for name in "$one" "$two" "$three"; do
	path=$album/$(encode "$name").html
	if [ -n "$SITE" ]; then
		if until_ok "$WAIT" stored "public/$album/$name.html"; then
			ok "its page is in our bucket after ${waited}s more: $name"
		else
			fail "no page in our bucket after ${WAIT}s: $name"
		fi
	fi
	if until_ok "$WAIT" page_is "$path" 200; then
		ok "its page is served after ${waited}s more: $name"
	else
		fail "no page after ${WAIT}s: $URL$path"
	fi
	if [ "$(status "$URL$album/-/original/$(encode "$name")")" = 200 ] && cmp -s "$work/body" "$work/up/$name"; then
		ok "its original is served, byte for byte: $name"
	else
		fail "its original is not served as uploaded: $name"
	fi
done
if page_is "$album/" 200 && grep -q "$word" "$work/body"; then ok 'the album page shows them'; else fail "the album page does not: $URL$album/"; fi
code=$(status "$URL$album")
if [ "$code" = 301 ] || [ "$code" = 302 ]; then ok "an album without its slash leads on ($code)"; else fail "an album without its slash answers $code"; fi
if until_ok "$WAIT" finds 3; then ok "the search finds all three after ${waited}s more"; else fail "the search does not find them: $URL-/search?q=$word"; fi

if [ "$DIRECT" != yes ]; then
	skip 'the buckets without credentials: DIRECT is not yes'
else
	for bucket in "$BUCKET" $SITE; do
		if [ -n "${AWS_ENDPOINT_URL:-}" ]; then direct=$AWS_ENDPOINT_URL/$bucket; else direct=https://$bucket.s3.amazonaws.com; fi
		key=public/index.html
		if [ "$bucket" = "$BUCKET" ]; then key=data/$album/$(encode "$two"); fi
		code=$(status "$direct/$key" -L)
		if [ "$code" = 403 ]; then ok "bucket $bucket answers 403 without credentials"; else fail "bucket $bucket answers $code without credentials, want 403"; fi
	done
fi
if [ -z "$SEARCH" ]; then
	skip "the search function's own address: it is known of a stack only"
else
	code=$(status "${SEARCH%/}/-/search?q=$word")
	if [ "$code" = 403 ]; then ok "the search function's own address answers 403"; else fail "the search function's own address answers $code, want 403"; fi
fi

amazon s3 rm --recursive --only-show-errors "s3://$BUCKET/data/$album/"
echo 'deleted them'
for name in "$one" "$two" "$three"; do
	if until_ok "$WAIT" page_is "$album/$(encode "$name").html" 404; then
		ok "its page is gone after ${waited}s more: $name"
	else
		fail "its page is still there after ${WAIT}s: $name"
	fi
done
if until_ok "$WAIT" finds 0; then ok "the search finds none after ${waited}s more"; else fail 'the search still finds them'; fi

if [ "$failed" -gt 0 ]; then
	echo "$failed checks failed" >&2
	exit 1
fi
echo 'all is well'
