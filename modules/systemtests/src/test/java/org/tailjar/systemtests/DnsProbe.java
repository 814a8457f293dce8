package org.tailjar.systemtests;

/** Programs for python3 that speak DNS where no dig is installed. */
final class DnsProbe {

  /** Asks 100.100.100.100 over TCP: {@code type name}; prints the code and the addresses. */
  static final String TCP_CLIENT =
      """
      import socket, struct, sys
      def name(text):
          return b''.join(bytes([len(l)]) + l.encode() for l in text.rstrip('.').split('.')) + b'\\0'
      kind, wanted = int(sys.argv[1]), sys.argv[2]
      query = struct.pack('>6H', 7, 0x0100, 1, 0, 0, 0) + name(wanted) + struct.pack('>2H', kind, 1)
      s = socket.create_connection((sys.argv[3], 53), 10)
      s.settimeout(10)
      s.sendall(struct.pack('>H', len(query)) + query)
      def read(n):
          got = b''
          while len(got) < n:
              more = s.recv(n - len(got))
              if not more:
                  sys.exit('closed')
              got += more
          return got
      answer = read(struct.unpack('>H', read(2))[0])
      print('code', answer[3] & 15, 'answers', struct.unpack('>H', answer[6:8])[0], 'bytes', len(answer))
      """;

  /**
   * A nameserver over UDP and TCP on the address given: it knows {@code db} and {@code
   * www.example.org} as 192.0.2.7, and {@code many.example.org} with 100 addresses; it prints each
   * question.
   */
  static final String NAMESERVER =
      """
      import socket, struct, sys, threading
      def parse(q):
          at, labels = 12, []
          while q[at]:
              labels.append(q[at + 1:at + 1 + q[at]].decode())
              at += q[at] + 1
          return '.'.join(labels).lower(), struct.unpack('>H', q[at + 1:at + 3])[0], at + 5
      def answer(q, limit):
          name, kind, end = parse(q)
          print(name, kind, flush=True)
          count = {'db': 1, 'www.example.org': 1, 'many.example.org': 100}.get(name)
          code = 3 if count is None else 0
          n = count if count and kind == 1 else 0
          record = struct.pack('>3HIH', 0xc00c, 1, 1, 60, 4) + bytes([192, 0, 2, 7])
          head = q[:2] + struct.pack('>5H', 0x8180 | code, 1, n, 0, 0) + q[12:end]
          full = head + record * n
          if len(full) > limit:
              return q[:2] + struct.pack('>5H', 0x8380, 1, 0, 0, 0) + q[12:end]
          return full
      where = (sys.argv[1], 53)
      u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
      u.bind(where)
      t = socket.socket()
      t.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
      t.bind(where)
      t.listen(16)
      def streams():
          while True:
              c, _ = t.accept()
              try:
                  length = struct.unpack('>H', c.recv(2))[0]
                  a = answer(c.recv(length), 65535)
                  c.sendall(struct.pack('>H', len(a)) + a)
              except Exception as e:
                  print('error', e, flush=True)
              c.close()
      threading.Thread(target=streams, daemon=True).start()
      print('ready', flush=True)
      while True:
          q, client = u.recvfrom(4096)
          u.sendto(answer(q, 512), client)
      """;

  private DnsProbe() {}
}
