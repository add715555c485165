package emulator_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"handover/internal/cluster"
	"handover/internal/emulator"
	"handover/internal/world"
	"handover/internal/world/profile"
)

// settled makes a world with steady services of so many tasks each.
func settled(services, tasks int) func(cluster.ARN) *world.World {
	return func(place cluster.ARN) *world.World {
		usual, _ := profile.Named("fargate-2026")
		w := world.New(world.Config{Seed: 1, Start: morning.Add(-7 * 24 * time.Hour), Place: place, Profile: usual})
		must(w.Act(w.Now(), cluster.CreateCluster{Cluster: "prod"}))
		must(w.Act(w.Now(), cluster.RegisterTaskDefinition{Family: "api", Network: "awsvpc", Containers: []cluster.ContainerDefinition{{Name: "app", Image: "app:1"}}}))
		for i := range services {
			key := cluster.ServiceKey{Cluster: "prod", Service: fmt.Sprint("api", i)}
			if err := w.Settle(cluster.CreateService{Service: key, Definition: "api", Desired: tasks, Launch: cluster.Fargate}); err != nil {
				panic(err)
			}
		}
		w.AdvanceTo(morning)
		return w
	}
}

// caller sends requests as an SDK does, without an SDK's own work in what is measured.
type caller struct {
	url    string
	client *http.Client
}

func newCaller(url string) caller {
	return caller{url, &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64, ReadBufferSize: 64 << 10}}}
}

func (c caller) call(operation, body string) ([]byte, error) {
	return c.send("ecs", body, "AmazonEC2ContainerServiceV20141113."+operation)
}

// send sends JSON to a target, or a query where there is none, and gives the answer's text.
func (c caller) send(service, body, target string) ([]byte, error) {
	r, err := c.request(service, body, target)
	if err != nil {
		return nil, err
	}
	answer, err := c.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s %s", service, target, answer.Status, text)
	}
	return text, err
}

// line is a connection on which one request follows the other. What is measured is the server: a client of net/http took as much of the machine as the server did.
type line struct {
	address string
	request []byte
	conn    net.Conn
	answers *bufio.Reader
}

// line makes a line for one call of ECS.
func (c caller) line(operation, body string) *line {
	r := must(c.request("ecs", body, "AmazonEC2ContainerServiceV20141113."+operation))
	var text bytes.Buffer
	if err := r.Write(&text); err != nil {
		panic(err)
	}
	return &line{address: r.URL.Host, request: text.Bytes()}
}

// send sends the request and skips the answer. A server that closes its connections, as moto's does, is called on a new one.
func (l *line) send() (err error) {
	if l.conn == nil {
		if l.conn, err = net.Dial("tcp", l.address); err != nil {
			return err
		}
		l.answers = bufio.NewReaderSize(l.conn, 64<<10)
	}
	if _, err = l.conn.Write(l.request); err != nil {
		return err
	}
	answer, err := http.ReadResponse(l.answers, nil)
	if err != nil {
		return err
	}
	if _, err = io.Copy(io.Discard, answer.Body); err == nil && answer.StatusCode != http.StatusOK {
		err = errors.New(answer.Status)
	}
	if answer.Close || err != nil {
		l.close()
	}
	return err
}

func (l *line) close() {
	if l.conn != nil {
		_ = l.conn.Close()
	}
	l.conn = nil
}

// repeat makes one call again and again, each goroutine on a line of its own.
func (c caller) repeat(b *testing.B, operation, body string) {
	b.RunParallel(func(p *testing.PB) {
		l := c.line(operation, body)
		defer l.close()
		for p.Next() {
			if err := l.send(); err != nil {
				b.Errorf("%s: %v", operation, err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
}

func (c caller) request(service, body, target string) (*http.Request, error) {
	r, err := http.NewRequest(http.MethodPost, c.url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if target != "" {
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		r.Header.Set("X-Amz-Target", target)
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20261121/us-east-1/"+service+"/aws4_request, SignedHeaders=host, Signature=none")
	return r, nil
}

// measure calls the three operations with which a restart is watched. Of the server, which is a process of its own, it tells the processor time that each took: on a
// machine that others use, too, that says more than requests in a second do.
func (c caller) measure(b *testing.B, service string, server *os.Process) {
	text, err := c.call("ListTasks", `{"cluster":"prod"}`)
	if err != nil {
		b.Fatal(err)
	}
	var listed struct{ TaskArns []string }
	if err := json.Unmarshal(text, &listed); err != nil || len(listed.TaskArns) < 100 { // moto gives all of them
		b.Fatalf("%d tasks, %v", len(listed.TaskArns), err)
	}
	arns := must(json.Marshal(listed.TaskArns[:100]))
	for _, one := range []struct{ name, operation, body string }{
		{"ListTasks", "ListTasks", `{"cluster":"prod"}`},
		{"DescribeServices", "DescribeServices", `{"cluster":"prod","services":["` + service + `"]}`},
		{"DescribeTasks(100)", "DescribeTasks", `{"cluster":"prod","tasks":` + string(arns) + `}`},
	} {
		b.Run(one.name, func(b *testing.B) {
			before := processorTime(server)
			c.repeat(b, one.operation, one.body)
			if spent := processorTime(server) - before; spent > 0 {
				b.ReportMetric(float64(spent.Microseconds())/float64(b.N), "server-cpu-us/op")
			}
		})
	}
}

// processorTime is what a process has taken so far, in hundredths of a second; 0 where the system has no /proc. Source: proc(5): utime and stime are the 14th and 15th
// field, and the second one ends with the last parenthesis.
func processorTime(p *os.Process) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.Pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	ticks := 0
	for _, field := range fields[11:13] {
		ticks += must(strconv.Atoi(field))
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// BenchmarkServer is requests per second over the loopback interface, with one service of 500 tasks.
func BenchmarkServer(b *testing.B) {
	server := exec.Command(os.Args[0])
	server.Env = append(os.Environ(), serveVariable+"=")
	out := must(server.StdoutPipe())
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	}()
	url := must(bufio.NewReader(out).ReadString('\n'))
	newCaller(strings.TrimSpace(url)).measure(b, "api0", server.Process)
}

// serveSettled is that process, set as the command sets its own.
func serveSettled() error {
	debug.SetGCPercent(emulator.GCPercent)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + listener.Addr().String())
	return http.Serve(listener, emulator.New(emulator.Options{Clock: emulator.NewWall(morning, 1), Seed: settled(1, 500)}))
}

// BenchmarkMoto is the same of moto's server, in the same run, where that is installed.
func BenchmarkMoto(b *testing.B) {
	path, err := exec.LookPath("moto_server")
	if err != nil {
		b.Skip("moto_server is not installed")
	}
	free := must(net.Listen("tcp", "127.0.0.1:0"))
	_, port, _ := net.SplitHostPort(free.Addr().String())
	_ = free.Close()
	server := exec.Command(path, "-H", "127.0.0.1", "-p", port)
	server.Env = append(os.Environ(), "AWS_DEFAULT_REGION=us-east-1")
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	}()
	c := newCaller("http://127.0.0.1:" + port)
	var last error
	for range 300 {
		if _, last = c.call("CreateCluster", `{"clusterName":"prod"}`); last == nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if last != nil {
		b.Fatal(last)
	}
	must(c.call("RegisterTaskDefinition", `{"family":"api","networkMode":"awsvpc","requiresCompatibilities":["FARGATE"],"cpu":"256","memory":"512",
		"containerDefinitions":[{"name":"app","image":"app:1","memory":128}]}`))
	must(c.call("CreateService", `{"cluster":"prod","serviceName":"api0","taskDefinition":"api","desiredCount":500,"launchType":"FARGATE"}`))
	subnet := regexp.MustCompile(`subnet-[0-9a-f]+`).FindString(string(must(c.send("ec2", "Action=DescribeSubnets&Version=2016-11-15", ""))))
	for range 50 {
		must(c.call("RunTask", `{"cluster":"prod","taskDefinition":"api","count":10,"launchType":"FARGATE","networkConfiguration":{"awsvpcConfiguration":{"subnets":["`+subnet+`"],"securityGroups":[]}}}`))
	}
	c.measure(b, "api0", server.Process)
}

// BenchmarkMutations is changes per second, from eight clients at once, without a log and with one that is on the disk before each answer.
func BenchmarkMutations(b *testing.B) {
	for _, log := range []bool{false, true} {
		b.Run(fmt.Sprintf("log=%v", log), func(b *testing.B) {
			o := emulator.Options{Seed: beginning}
			if log {
				o = remembered(b, b.TempDir()+"/world.log")
			}
			o.Clock = emulator.NewWall(morning, 1)
			listener := httptest.NewServer(emulator.New(o))
			defer listener.Close()
			c := newCaller(listener.URL)
			arn := `"arn:aws:ecs:us-east-1:123456789012:cluster/prod"`
			must(c.call("CreateCluster", `{"clusterName":"prod"}`))
			b.SetParallelism(8)
			c.repeat(b, "TagResource", `{"resourceArn":`+arn+`,"tags":[{"key":"a","value":"b"}]}`)
		})
	}
}

// BenchmarkMemory is the heap of an emulator with 200 services of 500 tasks: 100,000.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		before := heap()
		server := emulator.New(emulator.Options{Clock: emulator.NewPaced(morning, math.Inf(1), nil), Seed: settled(200, 500)})
		c := clientsOf("us-east-1", "http://emulator.invalid", direct{server})
		must(c.ecs.ListClusters(b.Context(), nil))
		after := heap()
		b.ReportMetric(float64(after-before)/1e6, "MB")
		b.ReportMetric(float64(after-before)/100_000, "bytes/task")
		runtime.KeepAlive(server)
	}
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what a sync.Pool has, such as the text of a whole world that went into the log, is let go at the second
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
