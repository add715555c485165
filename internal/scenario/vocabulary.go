package scenario

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"handover/internal/world/profile"
)

// verb is what the language knows of one directive.
type verb struct {
	name     string // what the name stands for; empty where the verb takes none
	about    string
	options  map[string]kind
	required []string
	action   bool // it acts on the world, and so ends the setting of the scene
}

// kind is the kind of an option's value; a flag has no check.
type kind struct {
	form  string
	about string
	check func(string) error
	words []string // the values there are, where there are few
}

func (k kind) as(about string) kind {
	k.about = about
	return k
}

func toggle(about string) kind { return kind{about: about} }

func duration() kind {
	return kind{form: "DURATION", check: func(text string) error {
		d, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("%q is not a duration such as 30s or 5m", text)
		}
		if d < 0 {
			return fmt.Errorf("%q is negative", text)
		}
		return nil
	}}
}

func number(least, most int) kind {
	return kind{form: "NUMBER", check: func(text string) error {
		n, err := strconv.Atoi(text)
		if err != nil || n < least || n > most {
			return fmt.Errorf("%q is not a number from %d to %d", text, least, most)
		}
		return nil
	}}
}

func anyText() kind {
	return kind{form: "TEXT", check: func(text string) error {
		if text == "" {
			return fmt.Errorf("the value is empty")
		}
		return nil
	}}
}

func oneOf(words ...string) kind {
	return kind{form: strings.Join(words, "|"), words: words, check: func(text string) error {
		if !slices.Contains(words, text) {
			return fmt.Errorf("%q is not one of %s", text, strings.Join(words, ", "))
		}
		return nil
	}}
}

func moment() kind {
	return kind{form: "TIME", check: func(text string) error {
		if _, err := time.Parse(time.RFC3339, text); err != nil {
			return fmt.Errorf("%q is not a time such as 2026-11-21T09:00:00Z", text)
		}
		return nil
	}}
}

const (
	maxCount   = 5000 // tasks of a service: the quota of ECS
	maxPercent = 2000
)

// serviceOptions are those of a service that is there already and of one that is created.
func serviceOptions() map[string]kind {
	return map[string]kind{
		"cluster":      anyText().as("its cluster; default: default"),
		"desired":      number(0, maxCount).as("desired count; default 1"),
		"min":          number(0, maxPercent).as("minimumHealthyPercent; default 100"),
		"max":          number(0, maxPercent).as("maximumPercent; default 200"),
		"target-group": anyText().as("its target groups, by name, separated by commas"),
		"definition":   anyText().as("its task definition; one is made where it is not given"),
		"strategy":     anyText().as("placement strategies, each TYPE or TYPE:FIELD, separated by commas: spread:instanceId,binpack:memory; default: zones, then instances"),
		"constraint":   anyText().as("a placement constraint: distinctInstance, or an expression for memberOf"),
		"provider":     anyText().as("the capacity provider whose container instances take its tasks"),
		"providers":    anyText().as("several capacity providers, as NAME:BASE:WEIGHT, separated by commas"),
		"launch":       oneOf("fargate", "ec2").as("launch type; default as in the profile"),
		"grace":        duration().as("health check grace period; default 0s"),
		"controller":   oneOf("ECS", "CODE_DEPLOY", "EXTERNAL").as("deployment controller; default ECS"),
		"scheduling":   oneOf("REPLICA", "DAEMON").as("scheduling strategy; default REPLICA"),
		"breaker":      oneOf("off", "on", "rollback").as("deployment circuit breaker; default off"),
		"threshold":    anyText().as("of the breaker: BOUNDED_PERCENT:50, UNBOUNDED_PERCENT:10 or COUNT:5; default BOUNDED_PERCENT:50"),
		"early":        number(0, 100).as("early success criteria: a rollout is complete when so many percent of the desired count are healthy; default: off"),
		"deferred":     toggle("with early: the tasks of the former revision leave after that; otherwise before"),
		"cumulative":   toggle("a task that gets healthy does not set the breaker's count back"),
		"alarms":       anyText().as("CloudWatch alarms that fail a rollout and roll it back, by name, separated by commas"),
		"rebalancing":  oneOf("on", "off").as("AZ rebalancing; default off"),
		"tags":         anyText().as("its tags, each KEY:VALUE, separated by commas"),
	}
}

// verbs is the whole vocabulary. docs/scenarios.md is checked against it.
func verbs() map[string]verb {
	all := setting()
	maps.Copy(all, doing())
	maps.Copy(all, scaling())
	maps.Copy(all, alarms())
	maps.Copy(all, instances())
	maps.Copy(all, groups())
	maps.Copy(all, groupInstances())
	maps.Copy(all, functions())
	maps.Copy(all, taskSets())
	return all
}

// setting are the verbs that set the scene.
func setting() map[string]verb {
	return map[string]verb{
		"world": {about: "the model itself; only as the first directive", options: ofWorld()},
		"cluster": {name: "the cluster's name", about: "a cluster", options: map[string]kind{
			"room": number(0, 1000000).as("how many tasks its instances hold; default: no limit"),
		}},
		"target-group": {name: "the target group's name", about: "a target group behind a load balancer", options: map[string]kind{
			"drain":               duration().as("deregistration delay; default 300s"),
			"interval":            duration().as("health check interval; default 30s"),
			"healthy-threshold":   number(2, 10).as("default 5"),
			"unhealthy-threshold": number(2, 10).as("default 2"),
			"protocol":            oneOf("HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP").as("HTTP and HTTPS are of an Application Load Balancer, the others of a Network Load Balancer; default HTTP"),
		}},
		"task-definition": {name: "the family", about: "the next revision of a family, with how its tasks behave", options: map[string]kind{
			"image":        anyText().as("the image; default FAMILY:latest"),
			"secrets":      anyText().as("where its secrets come from, separated by commas: ARNs, or names of SSM parameters"),
			"port":         number(1, 65535).as("container port; default 80"),
			"host-port":    number(1, 65535).as("host port, under bridge networking; default: ECS chooses one"),
			"network":      oneOf("awsvpc", "bridge", "host").as("network mode; default awsvpc"),
			"cpu":          number(0, 196608).as("CPU units of a task; default 0"),
			"memory":       number(0, 1<<30).as("memory of a task in MiB; default 0"),
			"gpus":         number(0, 16).as("GPUs of a task; default 0"),
			"start":        duration().as("from creation to RUNNING, instead of the profile's"),
			"ready":        duration().as("from RUNNING to passing health checks, instead of the profile's"),
			"stop":         duration().as("from the stop signal to exit, instead of the profile's"),
			"health":       oneOf("on", "off").as("container health checks; default off"),
			"interval":     duration().as("of them; default 30s"),
			"retries":      number(1, 10).as("of them: how many fail in a row before the container is UNHEALTHY; default 3"),
			"start-period": duration().as("of them: failures do not count for so long after the start; default 0s"),
			"fails":        oneOf("image", "secret", "denied", "exit", "target", "container").as("what is wrong with it: its image is not there, its secrets cannot be reached or may not be read, it ends by itself, or its health checks fail"),
			"stop-timeout": duration().as("from the stop signal to the kill; default 30s"),

			"version-consistency": oneOf("on", "off").as("whether the first task of a deployment finds out which digest the image's tag stands for; default on"),
		}},
		"service": {name: "the service's name", about: "a service that has been steady for long", options: serviceOptions()},
	}
}

// ofWorld are the options of the model, with one for each thing that is not established.
func ofWorld() map[string]kind {
	all := map[string]kind{
		"profile":   oneOf("fargate-2026", "ec2-2026", "2020").as("measured durations and behaviours; default fargate-2026"),
		"seed":      number(0, 1<<31-1).as("the seed of all that is drawn; default 1"),
		"jitter":    oneOf("on", "off").as("off: every duration is its median and the scheduler looks every 10 s sharp; default off"),
		"variants":  number(0, 1<<31-1).as("answers what is not established by the chance of this seed; default 0: as in the profile"),
		"start":     moment().as("the time at which the scene begins"),
		"account":   anyText().as("account id; default 123456789012"),
		"region":    anyText().as("Region; default us-east-1"),
		"partition": oneOf("aws", "aws-cn", "aws-us-gov").as("partition; default aws"),
		"vcpus":     number(1, 1000000).as("the quota of vCPUs for tasks on Fargate; default: no limit"),

		"clusters":                 number(1, 1000000).as("the quota of clusters; default 10000"),
		"services-per-cluster":     number(1, 1000000).as("the quota of services in a cluster; default 5000"),
		"tasks-per-service":        number(1, maxCount).as("the quota of a service's desired count; default 5000"),
		"instances-per-cluster":    number(1, 1000000).as("the quota of container instances of a cluster; default 5000"),
		"provisioning-per-cluster": number(1, 1000000).as("the quota of tasks in a cluster that wait for instances of capacity providers; default 500"),
	}
	for _, q := range profile.Questions() {
		all[q.Option] = oneOf(q.Answers[:]...).as("not established: " + q.Chooses + "; default as in the profile")
	}
	return all
}

// doing are the verbs with which something happens, and what the trace shows of it.
func doing() map[string]verb {
	return map[string]verb{
		"create-service": {name: "the service's name", about: "CreateService", options: serviceOptions(), action: true},
		"update-service": {name: "the service", about: "UpdateService", action: true, options: map[string]kind{
			"cluster":      anyText().as("its cluster; default: default"),
			"force":        toggle("force a new deployment"),
			"target-group": anyText().as("its target groups from now on, by name, separated by commas"),
			"desired":      number(0, maxCount).as("desired count"),
			"min":          number(0, maxPercent).as("minimumHealthyPercent"),
			"max":          number(0, maxPercent).as("maximumPercent"),
			"definition":   anyText().as("task definition"),
			"grace":        duration().as("health check grace period"),
			"rebalancing":  oneOf("on", "off").as("AZ rebalancing"),
		}},
		"delete-service": {name: "the service", about: "DeleteService", action: true, options: map[string]kind{
			"cluster": anyText().as("its cluster; default: default"),
			"force":   toggle("even while its desired count is not 0"),
		}},
		"stop-task": {name: "the task, as in the trace (t1), or all", about: "StopTask", action: true, options: map[string]kind{
			"service": anyText().as("its service; needed with all"),
			"cluster": anyText().as("its cluster; default: default"),
			"reason":  anyText().as("StopTask's reason"),
		}},
		"stop-deployment": {name: "the service", about: "StopServiceDeployment of its latest service deployment", action: true, options: map[string]kind{
			"cluster": anyText().as("its cluster; default: default"),
		}},
		"protect": {name: "the task, as in the trace", about: "UpdateTaskProtection", action: true, options: map[string]kind{
			"cluster": anyText().as("its cluster; default: default"),
			"for":     duration().as("for how long; default 2h, 0s takes the protection away"),
		}},
		"modify-target-group": {name: "the target group", about: "ModifyTargetGroupAttributes", action: true, options: map[string]kind{
			"drain":    duration().as("deregistration delay"),
			"interval": duration().as("health check interval"),
		}},
		"delete-target-group": {name: "the target group", about: "DeleteTargetGroup, also beneath a service that names it", options: map[string]kind{}, action: true},
		"deregister": {name: "the task, as in the trace", about: "DeregisterTargets of the task's target", action: true, options: map[string]kind{
			"target-group": anyText().as("the target group"),
		}, required: []string{"target-group"}},
		"alarm": {name: "the alarm's name", about: "a CloudWatch alarm changes its state", action: true, options: map[string]kind{
			"state": oneOf("ALARM", "OK").as("the new state; default ALARM"),
		}},
		"report": {name: "what happened: exited, target-healthy, target-unhealthy, health-passed, health-failed", about: "a report of the data plane: something happens to a task", action: true, options: map[string]kind{
			"task":         anyText().as("the task, as in the trace; of a target-… report also an EC2 instance"),
			"code":         number(0, 255).as("exit code; default 1"),
			"reason":       anyText().as("of exited, where the containers never ran: why they could not start"),
			"target-group": anyText().as("the target group of a target-… report; default: all"),
		}, required: []string{"task"}},
		"advance": {name: "a duration, or steady", about: "time goes on, until every service is steady or for as long as is said", action: true, options: map[string]kind{
			"within": duration().as("with steady: for how long at most; default 4h"),
		}},
		"show":  {name: "services, tasks, targets, history, scaling, activities, alarms, instances or groups", about: "the state as it is now, in the trace", action: true, options: map[string]kind{}},
		"trace": {name: "events, or tasks", about: "what the trace shows from here on: events alone, or each change of a task too", options: map[string]kind{}},
	}
}

// Vocabulary describes the language, one verb after the other, for docs/scenarios.md and for help.
func Vocabulary() string {
	var b strings.Builder
	all := verbs()
	for _, name := range sortedKeys(all) {
		v := all[name]
		fmt.Fprintf(&b, "### %s", name)
		if v.name != "" {
			fmt.Fprintf(&b, " NAME")
		}
		fmt.Fprintf(&b, "\n\n%s.", strings.ToUpper(v.about[:1])+v.about[1:])
		if v.name != "" {
			fmt.Fprintf(&b, " NAME is %s.", v.name)
		}
		b.WriteString("\n\n")
		for _, option := range sortedKeys(v.options) {
			k := v.options[option]
			form := option
			if k.check != nil {
				form += "=" + k.form
			}
			fmt.Fprintf(&b, "- `%s`: %s\n", form, k.about)
		}
		if len(v.options) > 0 {
			b.WriteString("\n")
		}
	}
	return b.String()
}
