package machines

import (
	"testing"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

// TestZoneIDs in the forms of the Regions that there are. Source: AWS global infrastructure, Regions and zones.
func TestZoneIDs(t *testing.T) {
	for region, want := range map[string]string{
		"us-east-1": "use1-az1", "eu-west-1": "euw1-az1", "ap-southeast-2": "apse2-az1", "ap-northeast-1": "apne1-az1", "ap-south-1": "aps1-az1", "ap-east-1": "ape1-az1", "cn-northwest-1": "cnnw1-az1",
		"us-gov-west-1": "usgw1-az1", "sa-east-1": "sae1-az1",
	} {
		if got := zoneID(api.View{Place: cluster.ARN{Region: region}}, 0); got != want {
			t.Errorf("the first zone of %s is %s, want %s", region, got, want)
		}
	}
}
