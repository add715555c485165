package cluster

import (
	"encoding/json"
	"time"
)

// Machine is an EC2 instance as DescribeInstances shows it, as far as container instances need it. ("Instance" alone is always a container instance.)
type Machine struct {
	ID         string          `json:"id"`    // i- and 17 hexadecimal digits
	State      MachineState    `json:"state"` //
	Type       string          `json:"type"`  // m5.large
	Image      string          `json:"image"` // the AMI's id
	Zone       string          `json:"zone"`
	Subnet     string          `json:"subnet,omitempty"`
	Address    string          `json:"address"`            // private
	Group      string          `json:"group,omitempty"`    // the name of its Auto Scaling group
	Template   Template        `json:"template,omitzero"`  // from which it was launched
	UserData   string          `json:"userData,omitempty"` // as text, not in base64
	Reason     string          `json:"reason,omitempty"`   // of its last change of state
	Token      string          `json:"token,omitempty"`    // the client token of the request that launched it
	LaunchedAt time.Time       `json:"launchedAt"`
	Members    json.RawMessage `json:"members,omitempty"` // of the request or launch template that no rule uses
}

// MachineState is the state of an EC2 instance. Source: EC2 API Reference, InstanceState.
type MachineState string

// The states of an EC2 instance.
const (
	MachinePending      MachineState = "pending"
	MachineRunning      MachineState = "running"
	MachineShuttingDown MachineState = "shutting-down"
	MachineTerminated   MachineState = "terminated"
	MachineStopping     MachineState = "stopping"
	MachineStopped      MachineState = "stopped"
)

// Template names a launch template in one version, or the launch configuration that stands in its place.
type Template struct {
	ID            string `json:"id"` // lt- and 17 hexadecimal digits
	Name          string `json:"name"`
	Version       string `json:"version"`                 // a number, $Latest or $Default
	Configuration string `json:"configuration,omitempty"` // the name of a launch configuration; nothing else is set then
}

// TemplateData is what a version of a launch template says of the instances that it launches.
type TemplateData struct {
	Image    string          `json:"image,omitempty"`
	Type     string          `json:"type,omitempty"`
	UserData string          `json:"userData,omitempty"` // as text
	Tags     []Tag           `json:"tags,omitempty"`     // of the instances
	Members  json.RawMessage `json:"members,omitempty"`  // what no rule uses
}

// RunMachine launches one EC2 instance. Done gives its id.
type RunMachine struct {
	Template Template     `json:"template,omitzero"` // what Data leaves open is taken from it
	Data     TemplateData `json:"data,omitzero"`
	Subnet   string       `json:"subnet,omitempty"`
	Zone     string       `json:"zone,omitempty"`
	Token    string       `json:"token,omitempty"`
	Tags     []Tag        `json:"tags,omitempty"`
}

// TerminateMachine terminates one EC2 instance. Done gives its id.
type TerminateMachine struct {
	ID string `json:"id"`
}

// StopMachine stops one EC2 instance. Done gives its id.
type StopMachine struct {
	ID string `json:"id"`
}

// StartMachine starts one EC2 instance that is stopped. Done gives its id.
type StartMachine struct {
	ID string `json:"id"`
}

// ModifyMachine changes what is said of one EC2 instance. Its type and its user data can change while it is stopped alone. Done gives its id.
type ModifyMachine struct {
	ID       string          `json:"id"`
	Type     *string         `json:"type,omitempty"`
	UserData *string         `json:"userData,omitempty"` // as text
	Members  json.RawMessage `json:"members,omitempty"`
}

// CreateLaunchTemplate makes a launch template with its first version. Done gives its id.
type CreateLaunchTemplate struct {
	Name    string       `json:"name"`
	Data    TemplateData `json:"data"`
	Comment string       `json:"comment,omitempty"`
	Tags    []Tag        `json:"tags,omitempty"`
}

// CreateLaunchTemplateVersion adds a version. Done gives its number.
type CreateLaunchTemplateVersion struct {
	Template Template     `json:"template"` // Version names the version whose data are taken where Data leaves them open; it may be empty
	Data     TemplateData `json:"data"`
	Comment  string       `json:"comment,omitempty"`
}

// ModifyLaunchTemplate sets the default version. Done gives its number.
type ModifyLaunchTemplate struct {
	Template Template `json:"template"` // Version is the new default
}

// DeleteLaunchTemplate removes a launch template with all its versions.
type DeleteLaunchTemplate struct {
	Template Template `json:"template"`
}

// LaunchConfiguration is what Auto Scaling groups had before there were launch templates: it has one version, which never changes.
type LaunchConfiguration struct {
	Name      string       `json:"name"`
	ARN       string       `json:"arn"`
	Data      TemplateData `json:"data"` // Members are those of the request
	CreatedAt time.Time    `json:"createdAt"`
}

// CreateLaunchConfiguration makes a launch configuration. Done gives its ARN.
type CreateLaunchConfiguration struct {
	Name string       `json:"name"`
	Data TemplateData `json:"data"`
}

// DeleteLaunchConfiguration removes a launch configuration that no group uses.
type DeleteLaunchConfiguration struct {
	Name string `json:"name"`
}

// Kind names the AWS operation.
func (StopMachine) Kind() string { return "StopInstances" }

// Kind names the AWS operation.
func (StartMachine) Kind() string { return "StartInstances" }

// Kind names the AWS operation.
func (ModifyMachine) Kind() string { return "ModifyInstanceAttribute" }

// Kind names the AWS operation.
func (CreateLaunchConfiguration) Kind() string { return "CreateLaunchConfiguration" }

// Kind names the AWS operation.
func (DeleteLaunchConfiguration) Kind() string { return "DeleteLaunchConfiguration" }

// Kind names the AWS operation.
func (RunMachine) Kind() string { return "RunInstances" }

// Kind names the AWS operation.
func (TerminateMachine) Kind() string { return "TerminateInstances" }

// Kind names the AWS operation.
func (CreateLaunchTemplate) Kind() string { return "CreateLaunchTemplate" }

// Kind names the AWS operation.
func (CreateLaunchTemplateVersion) Kind() string { return "CreateLaunchTemplateVersion" }

// Kind names the AWS operation.
func (ModifyLaunchTemplate) Kind() string { return "ModifyLaunchTemplate" }

// Kind names the AWS operation.
func (DeleteLaunchTemplate) Kind() string { return "DeleteLaunchTemplate" }
