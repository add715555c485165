package logging

import (
	"testing"

	"pgregory.net/rapid"
)

// TestPatterns are those of the user guide's page, FilterAndPatternSyntax, and their limits.
func TestPatterns(t *testing.T) {
	const (
		trail = `{"eventType":"UpdateTrail","sourceIPAddress":"111.111.111.111","arrayKey":["value","another value"],"objectList":[{"name":"a","id":1},{"name":"b","id":2}],"SomeObject":null,"flag":true,"latency":6e1,"cluster.name":"c"}`
		line  = `127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534`
	)
	for _, c := range []struct {
		pattern, message string
		want             bool
	}{
		{`ERROR`, "[ERROR 400] BAD REQUEST", true}, {`error`, "[ERROR 400] BAD REQUEST", false}, {`ERROR ARGUMENTS`, "[ERROR 419] MISSING ARGUMENTS", true}, {`ERROR ARGUMENTS`, "[ERROR 400] BAD REQUEST", false},
		{`?ERROR ?ARGUMENTS`, "MISSING ARGUMENTS", true}, {`"INTERNAL SERVER ERROR"`, "[ERROR 500] INTERNAL SERVER ERROR", true}, {`ERROR -ARGUMENTS`, "[ERROR 419] MISSING ARGUMENTS", false},
		{`%AUTHORIZED%`, "[ERROR 401] UNAUTHORIZED REQUEST", true}, {`%^\[ERR.R [45][0-9]{2}%`, "[ERROR 401]", true}, {`%^ERROR%`, "[ERROR 401]", false},
		{`{ $.eventType = "UpdateTrail" }`, trail, true}, {`{ $.eventType = UpdateTrail }`, trail, true}, {`{ $.eventType != "UpdateTrail" }`, trail, false}, {`{ $.eventType = "*Trail" }`, trail, true},
		{`{ $.eventType = %Trail$% }`, trail, true}, {`{ $.sourceIPAddress != 123.123.* }`, trail, true}, {`{ $.sourceIPAddress = 111.111.* }`, trail, true}, {`{ $.arrayKey[0] = "value" }`, trail, true},
		{`{ $.arrayKey[1] = "value" }`, trail, false}, {`{ $.arrayKey[*] = "another value" }`, trail, true}, {`{ $.objectList[1].id = 2 }`, trail, true}, {`{ $.objectList[5].id = 2 }`, trail, false},
		{`{ $.SomeObject IS NULL }`, trail, true}, {`{ $.flag IS NULL }`, trail, false}, {`{ $.SomeOtherObject NOT EXISTS }`, trail, true}, {`{ $.SomeObject NOT EXISTS }`, trail, false},
		{`{ $.flag IS TRUE }`, trail, true}, {`{ $.flag IS FALSE }`, trail, false}, {`{ $.latency > 50 }`, trail, true}, {`{ $.latency = 60 }`, trail, true}, {`{ $.latency <= 5e1 }`, trail, false},
		{`{ $.['cluster.name'] = "c" }`, trail, true}, {`{ $.missing = "*" }`, trail, false}, {`{ $.missing != "a" }`, trail, false},
		{`{ ($.eventType = "no" || $.latency > 1) && $.flag IS TRUE }`, trail, true}, {`{ $.eventType = "no" || $.latency > 1 && $.flag IS FALSE }`, trail, false},
		{`{$.eventType="UpdateTrail"}`, trail, true}, {`{ $.a = 1 }`, "no JSON", false}, {`{ $.a = 1 }`, `{"a":1} more`, false}, {`{ $.a = "1" }`, `{"a":1}`, true},
		{`[ip, user, username, timestamp, request, status_code, bytes]`, line, true}, {`[ip, user]`, line, false}, {`[ip, ...]`, line, true}, {`[..., bytes]`, line, true},
		{`[ip, user, username, timestamp, request =*.html*, status_code = 4*, bytes]`, line, true}, {`[ip, user, username, timestamp, request, status_code = 5*, bytes]`, line, false},
		{`[..., status_code = 404 || status_code = 410, bytes > 1000]`, line, true}, {`[..., status_code != 404, bytes]`, line, false}, {`[ip = %^127[.]%, ..., bytes < 2000 && bytes >= 1534]`, line, true},
		{`[..., request = "GET, or", status, bytes]`, line, false},
	} {
		matches, err := pattern(c.pattern)
		if err != nil || matches(c.message) != c.want {
			t.Errorf("%s of %s: want %v (%v)", c.pattern, c.message, c.want, err)
		}
	}
	for _, wrong := range []string{`"open`, `{ $.a = 1`, `{ a = 1 }`, `{ $.a = }`, `{ $.a > "b" }`, `{ ($.a = 1 }`, `{ $.a = 1 $.b = 2 }`, `[a, b`, `[..., a, ...]`, `%a`, `%(a)%`, `%a!%`, `{ $.a = %a% || $.b = %b% || $.c = %c% }`, `{}`} {
		if _, err := pattern(wrong); err == nil {
			t.Errorf("%s is taken for a pattern", wrong)
		}
	}
}

// TestStarred: a text meets itself and itself with any part of it starred out.
func TestStarred(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ab]{0,8}`).Draw(t, "text")
		from := rapid.IntRange(0, len(text)).Draw(t, "from")
		to := rapid.IntRange(from, len(text)).Draw(t, "to")
		if !starred(text, text) || !starred(text[:from]+"*"+text[to:], text) || starred(text+"c", text) {
			t.Fatalf("%q, %d to %d", text, from, to)
		}
	})
}
