"""What passed, failed or was found, as annotations, JUnit XML and SARIF."""
