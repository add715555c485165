package cluster

import "encoding/json"

// Declare keeps an object that no rule uses, such as a load balancer or an account setting, as it was declared; one of the same ARN is replaced.
// Done gives its ARN.
type Declare struct {
	// ARN names the object. One that ends in a slash is completed by an id of 16 hexadecimal digits that no other object has had.
	ARN     string          `json:"arn"`
	Type    string          `json:"type"` // what it is, such as "listener": the word under which objects of its kind are found
	Name    string          `json:"name,omitempty"`
	Parent  string          `json:"parent,omitempty"` // ARN of the object that it goes with
	Members json.RawMessage `json:"members,omitempty"`
}

// Retract removes a declared object with its tags, and all that was declared beneath it. One that is not there is no error.
type Retract struct {
	ARN string `json:"arn"`
}

// Kind names the action. It is no AWS operation: many create, change and delete objects that no rule uses.
func (Declare) Kind() string { return "Declare" }

// Kind names the action. It is no AWS operation: many create, change and delete objects that no rule uses.
func (Retract) Kind() string { return "Retract" }

// UpdateCluster replaces the members of a cluster, of which no rule uses any. Done gives its name.
type UpdateCluster struct {
	Cluster string          `json:"cluster"`
	Members json.RawMessage `json:"members,omitempty"`
}

// DeleteTaskDefinition begins to delete a revision that is INACTIVE. Done gives its ARN.
type DeleteTaskDefinition struct {
	Definition string `json:"definition"` // family:revision or ARN
}

// Kind names the AWS operation.
func (UpdateCluster) Kind() string { return "UpdateCluster" }

// Kind names the AWS operation.
func (DeleteTaskDefinition) Kind() string { return "DeleteTaskDefinitions" }
