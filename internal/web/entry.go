package web

import (
	"crypto/rand"
	"crypto/subtle"
	"net"
	"net/http"
	"sync"
)

// entry lets one browser in.
type entry struct {
	host   string
	name   string // of the cookie; cookies do not tell ports apart, so it has the port
	secret string // the cookie's value

	mu    sync.Mutex
	token string // empty once it was used
}

func newEntry(host, token string) *entry {
	_, port, _ := net.SplitHostPort(host)
	return &entry{host: host, name: "handover-" + port, secret: rand.Text(), token: token}
}

// Token makes a new token: 26 letters and digits, 130 bits.
func Token() string { return rand.Text() }

// policy lets the page have its own files and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard lets requests through that come from our own page in the browser that has the cookie.
func (e *entry) guard(next http.Handler) http.Handler {
	next = http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range map[string]string{"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin"} {
			w.Header().Set(name, value)
		}
		switch origin := r.Header.Get("Origin"); {
		case r.Host != e.host: // a name that an attacker lets point to this machine
			http.Error(w, "this page is at http://"+e.host+" only", http.StatusMisdirectedRequest)
		case origin != "" && origin != "http://"+e.host:
			http.Error(w, "other pages may not ask this one", http.StatusForbidden)
		case r.Method == http.MethodGet && r.URL.Path == "/" && r.URL.Query().Has("token") && e.exchange(r.URL.Query().Get("token")):
			http.SetCookie(w, &http.Cookie{Name: e.name, Value: e.secret, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
			arrive(w)
		case !e.known(r):
			http.Error(w, "this page needs the address that 'handover web' printed; it works once, in one browser. To open another one, start 'handover web' again.", http.StatusForbidden)
		case r.URL.Query().Has("token"):
			http.Redirect(w, r, "/", http.StatusSeeOther)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// arrive sends the browser on to the page by itself, and not by a redirect: a browser that came from elsewhere does not send a strict cookie along a redirect.
func arrive(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Handover</title><link rel="icon" href="/assets/icon.svg"><meta http-equiv="refresh" content="0;url=/"><p><a href="/">Handover</a></p></html>`))
}

// exchange takes the token, once.
func (e *entry) exchange(offered string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.token == "" || subtle.ConstantTimeCompare([]byte(offered), []byte(e.token)) != 1 {
		return false
	}
	e.token = ""
	return true
}

// renew takes the place of the token, used or not, by a new one.
func (e *entry) renew() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.token = Token()
	return e.token
}

func (e *entry) known(r *http.Request) bool {
	cookie, err := r.Cookie(e.name)
	return err == nil && subtle.ConstantTimeCompare([]byte(cookie.Value), []byte(e.secret)) == 1
}
