package client

import (
	"context"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// CreateSubshell has the kernel make a subshell (JEP 91), in which code runs
// beside that of the main shell and of other subshells, and returns its id, for
// [ExecuteOptions.SubshellID]. Kernels with subshells name
// [jupyter.FeatureSubshells] in the SupportedFeatures of [Client.Info]; others
// may not answer. [Client.Interrupt] is for the main shell.
func (c *Client) CreateSubshell(ctx context.Context) (string, error) {
	r, err := ask[jupyter.CreateSubshellReply](
		ctx, c, jupyter.Control, &jupyter.CreateSubshellRequest{})
	if err != nil {
		return "", err
	}
	return r.SubshellID, nil
}

// DeleteSubshell has the kernel end a subshell. What becomes of code that runs
// there is the kernel's affair: one may interrupt it, another wait for its end.
func (c *Client) DeleteSubshell(ctx context.Context, id string) error {
	_, err := ask[jupyter.DeleteSubshellReply](
		ctx, c, jupyter.Control, &jupyter.DeleteSubshellRequest{SubshellID: id})
	return err
}

// Subshells returns the ids of the kernel's subshells, other front ends' too.
func (c *Client) Subshells(ctx context.Context) ([]string, error) {
	r, err := ask[jupyter.ListSubshellReply](
		ctx, c, jupyter.Control, &jupyter.ListSubshellRequest{})
	if err != nil {
		return nil, err
	}
	return r.SubshellID, nil
}
