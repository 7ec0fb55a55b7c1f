// A cache file of the reference, and what it was given.

/** As the reference writes it after an ADD of a list of version 0.4.0. */
export const byReference =
  '{"kind":"cniCacheV1","containerId":"pod1",' +
  '"config":"eyJjbmlWZXJzaW9uIjoiMC40LjAiLCJuYW1lIjoibmV0IiwicGx1Z2lucyI6W3sidHlwZSI6ImEifV19",' +
  '"ifName":"eth0","networkName":"net","netns":"/run/netns/blue",' +
  '"cniArgs":[["IgnoreUnknown","1"],["K8S_POD_NAME","web"]],' +
  '"capabilityArgs":{"portMappings":[{"containerPort":80,"hostPort":8080,"protocol":"tcp"}]},' +
  '"result":{"cniVersion":"0.4.0","dns":{},"interfaces":[{"name":"eth0"}],' +
  '"ips":[{"address":"10.0.0.2/8","gateway":"10.0.0.1","interface":0,"version":"4"}]}}';
/** Its configuration. */
export const config04 = '{"cniVersion":"0.4.0","name":"net","plugins":[{"type":"a"}]}';
export const capabilityArgs = {
  portMappings: [{ containerPort: 80, hostPort: 8080, protocol: 'tcp' }],
};
export const args: [string, string][] = [
  ['IgnoreUnknown', '1'],
  ['K8S_POD_NAME', 'web'],
];
