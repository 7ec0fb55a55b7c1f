/** A host with a bridge network and two pods on it; the first one serves HTTP. */
export const bridgedLab = (name: string): string => `cnilab: 1
name: ${name}
hosts:
  - name: node1
    networks:
      - cniVersion: 1.0.0
        name: mynet
        plugins:
          - type: bridge
            bridge: mynet0
            isDefaultGateway: true
            ipam: {type: host-local, subnet: 10.10.0.0/16}
    pods:
      - name: web
        attachments:
          - network: mynet
        listen:
          - {protocol: http, port: 80}
      - name: app
        attachments:
          - network: mynet
`;

/** A host port that leads to a pod; it answers with a gateway only. */
export const portMappedLab = (name: string): string => `cnilab: 1
name: ${name}
hosts:
  - name: node1
    networks:
      - cniVersion: 1.0.0
        name: mynet
        plugins:
          - type: bridge
            bridge: mynet0
            isGateway: true
            ipam: {type: host-local, subnet: 10.10.0.0/16}
          - type: portmap
            capabilities: {portMappings: true}
    pods:
      - name: web
        attachments:
          - network: mynet
            capabilities:
              portMappings:
                - {hostPort: 8080, containerPort: 80, protocol: tcp}
        listen:
          - {protocol: http, port: 80}
`;

export const emptyHostLab = (name: string): string => `cnilab: 1
name: ${name}
hosts:
  - name: node1
`;
