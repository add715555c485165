package cli

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestOnlyTheSDKForGoWaitsForLargeAnswers: a moment is what keeps it from sending a request twice.
func TestOnlyTheSDKForGoWaitsForLargeAnswers(t *testing.T) {
	for _, c := range []struct {
		agent string
		bytes int
		waits bool
	}{
		{"aws-sdk-go-v2/1.43.0 os/linux lang/go#1.26 api/ecs#1.90.0", 8000, true},
		{"aws-sdk-go/1.55.0 (go1.26; linux; amd64)", 8000, true},
		{"aws-sdk-go-v2/1.43.0 os/linux lang/go#1.26 api/ecs#1.90.0", 800, false},
		{"aws-cli/2.9.19 Python/3.11.2", 8000, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			handler := unhurried(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", strconv.Itoa(c.bytes))
				w.WriteHeader(http.StatusAccepted)
				_, _ = io.WriteString(w, strings.Repeat("x", c.bytes)) // to memory
			}))
			request, answer, begin := httptest.NewRequest(http.MethodPost, "/", nil), httptest.NewRecorder(), time.Now()
			request.Header.Set("User-Agent", c.agent)
			handler.ServeHTTP(answer, request)
			if answer.Code != http.StatusAccepted || answer.Body.Len() != c.bytes || time.Since(begin) > 0 != c.waits {
				t.Errorf("%s, %d bytes: status %d, %d bytes after %s", c.agent, c.bytes, answer.Code, answer.Body.Len(), time.Since(begin))
			}
		})
	}
}
