package cli

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"handover/internal/cluster"
	"handover/internal/console"
)

// served is a factory whose emulator answers everything with "here", and the reading end of its stdout.
func served(signals chan os.Signal) (*Factory, *bufio.Reader) {
	streams, _, _, _ := console.Test()
	reader, writer := io.Pipe()
	streams.Out = writer
	return &Factory{Streams: streams, Getenv: func(string) string { return "" }, Signals: signals, Serve: func(Serving) (*Server, error) {
		handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "here") })
		service := cluster.Service{Key: cluster.ServiceKey{Cluster: "default", Service: "test"}, Desired: 5, Bounds: cluster.DefaultBounds()}
		return &Server{Handler: handler, Account: "123456789012", Region: "us-east-1", Services: []cluster.Service{service}}, nil
	}}, bufio.NewReader(reader)
}

func TestEmulatorServesUntilItIsTold(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		signals := make(chan os.Signal, 1)
		f, out := served(signals)
		code := make(chan int, 1)
		go func() { code <- Run(f, []string{"emulator", "--listen", "127.0.0.1:0"}) }()
		var text strings.Builder
		for !strings.Contains(text.String(), "ctrl-c ends it\n") {
			line, err := out.ReadString('\n')
			if err != nil {
				t.Fatalf("%v after %s", err, text.String())
			}
			text.WriteString(line)
		}
		url := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(text.String())
		contains(t, text.String(), "emulator of ECS on "+url+"\n", "AWS is not touched", "service default/test   5 tasks   100/200",
			"aws ecs update-service --cluster default --service test --force-new-deployment --endpoint-url "+url+"\n")
		answer, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		if err != nil || string(body) != "here" {
			t.Errorf("%q, %v", body, err)
		}
		_ = answer.Body.Close()
		signals <- signal
		if got := <-code; got != 0 {
			t.Errorf("ended with %d", got)
		}
	}
}

func TestEmulatorOnAPortInUse(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	f, _ := served(nil)
	var errs strings.Builder
	f.Streams.Err = &errs
	if code := Run(f, []string{"emulator", "--listen", listener.Addr().String()}); code != 1 {
		t.Errorf("ended with %d", code)
	}
	contains(t, errs.String(), "handover: error: "+listener.Addr().String()+" is in use by another process\nhint: --listen 127.0.0.1:0 takes any port that is free\n")
}

func TestVersionText(t *testing.T) {
	info := &debug.BuildInfo{GoVersion: "go1.26.8", Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.modified", Value: "true"}}}
	contains(t, versionText(info), "handover (devel) commit 0123456789ab (modified) go1.26.8 ")
}

// TestExitCodesAreThoseOfTheContract holds the help topic and the page against the codes themselves.
func TestExitCodesAreThoseOfTheContract(t *testing.T) {
	page, err := os.ReadFile("../../docs/exit-codes.md")
	if err != nil {
		t.Fatal(err)
	}
	inTopic := regexp.MustCompile(`(?m)^ +(\d+)  `).FindAllStringSubmatch(exitCodesTopic, -1)
	onPage := regexp.MustCompile(`(?m)^\| (\d+) \|`).FindAllStringSubmatch(string(page), -1)
	if len(inTopic) != 8 || len(onPage) != len(inTopic) {
		t.Fatalf("the topic has %d codes, the page %d", len(inTopic), len(onPage))
	}
	for i := range inTopic {
		if inTopic[i][1] != onPage[i][1] {
			t.Errorf("code %s of the topic is %s on the page", inTopic[i][1], onPage[i][1])
		}
	}
}

// TestExamplesOfThePage holds the examples of docs/json.md against the schema; there is one of each type.
func TestExamplesOfThePage(t *testing.T) {
	page, err := os.ReadFile("../../docs/json.md")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.NewCompiler().Compile("../../docs/schema/handover-1.json")
	if err != nil {
		t.Fatal(err)
	}
	types := map[any]bool{}
	for _, example := range regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		document, err := jsonschema.UnmarshalJSON(strings.NewReader(example[1]))
		if err != nil {
			t.Fatalf("%s: %v", example[1], err)
		}
		if err := schema.Validate(document); err != nil {
			t.Errorf("%s: %v", example[1], err)
		}
		types[document.(map[string]any)["type"]] = true
	}
	if len(types) != 13 {
		t.Errorf("the page has examples of %d types: %v", len(types), types)
	}
}
