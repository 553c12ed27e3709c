"""Inputs on which loss functions are told apart: by kind of loss, in regular and in odd cases."""
