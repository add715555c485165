// Package web serves Handover's page to one browser on the same machine: services as they run, what a restart would do to them, and what it would do to a
// service on paper. The same page can be written to a file, with its data inlined, which needs no server.
//
// It guarantees:
//   - Nothing is answered without the cookie that a one-time token was exchanged for, nor under another Host than the server's own, nor to another origin. The
//     page asks nothing of any other host, and its policy forbids it to.
//   - A service is read only while somebody watches it, by one reader whom all viewers share: DescribeServices every ten seconds while it is steady; all of it
//     once a minute, and every five seconds while a deployment is under way.
//   - Nothing is changed unless Options has an Operate and the confirmation was given; a confirmation for one plan starts nothing else.
//   - All pictures and texts are made here; the page's script shows them, moves the cursor and asks for the next ones.
//
// The caller must serve it on a loopback address, hand in that address as Host, and end the context that New was given when it stops serving; readers end with
// it. The package knows neither the AWS adapter nor the emulator: it is handed a provider.
package web
