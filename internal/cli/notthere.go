package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"handover/internal/cluster"
)

// notThere is the error of a service that is not there. It names what is: the services of the cluster, or the clusters where there is no such cluster. Who may not list them is told how
// to do so.
func notThere(ctx context.Context, conn *Connection, key cluster.ServiceKey) error {
	elsewhere := "another cluster is named by --cluster, another Region by --region"
	there := "to list the services: aws ecs list-services --cluster " + key.Cluster
	names, more, err := conn.Directory.Services(ctx, key.Cluster)
	var refused *cluster.APIError
	switch {
	case err == nil:
		there = oneLine("services of cluster "+key.Cluster, names, more)
	case errors.As(err, &refused) && refused.Class == cluster.ClassNotFound:
		if names, more, err = conn.Directory.Clusters(ctx); err == nil {
			there = oneLine("there is no cluster "+key.Cluster+"; clusters", names, more)
		}
	}
	return usage(hint(there, elsewhere), "there is no service %s in account %s, Region %s", key, conn.Identity.Account, conn.Identity.Region)
}

// mostListed is how many names are listed in a hint: as many as can be read at a glance.
const mostListed = 12

// oneLine puts names into one line: "services of cluster prod: api, cart, web", and how many there are besides, as far as that is known.
func oneLine(what string, names []string, more bool) string {
	if len(names) == 0 {
		return what + ": none"
	}
	rest := ""
	if left := len(names) - mostListed; left > 0 {
		names, rest = names[:mostListed], fmt.Sprintf(" and %d more", left)
		if more {
			rest = " and many more"
		}
	}
	return what + ": " + strings.Join(names, ", ") + rest
}
