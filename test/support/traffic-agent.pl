#!/usr/bin/perl
# One end of the test traffic, in the network namespace that it is started in: answers whoever
# sends to it, and sends where it is told. Node has no SCTP sockets; perl-base is part of every
# Debian system and starts fast.
#
#   traffic-agent.pl NAME PROTOCOL,ADDRESS,PORT[,NAME]...    what it listens on
#
# Orders, one a line; each is answered with the first word and one of the results below:
#   ID ask PROTOCOL ADDRESS PORT SOURCE_PORT TIMEOUT_MS    one message over a socket of its own
#   ID open PROTOCOL ADDRESS PORT SOURCE_PORT TIMEOUT_MS   the same, and keep the socket as ID
#   ID again SOCKET TIMEOUT_MS                             one more message over a kept socket
#   ID ping ADDRESS TIMEOUT_MS
#   ID close SOCKET
#   ID listen PROTOCOL,ADDRESS,PORT,NAME
# Results: answered MS NAME PEER PEER_PORT | refused MS | reset MS | unreachable MS | silent MS |
#   failed MS REASON | done. PEER is whom the server saw.
use strict;
use warnings;
use Errno qw(EADDRINUSE EINPROGRESS ECONNREFUSED ECONNRESET EPIPE EHOSTUNREACH ENETUNREACH EACCES EAGAIN);
use POSIX ();
use Socket qw(:DEFAULT inet_pton inet_ntop pack_sockaddr_in6 unpack_sockaddr_in6 IPPROTO_IPV6
  IPV6_V6ONLY SOCK_NONBLOCK SO_REUSEADDR);

use constant { IPPROTO_ICMP_6 => 58, IPPROTO_SCTP => 132, IP_RECVERR => 11, IPV6_RECVERR => 25, SOL_IP => 0 };

$| = 1;
$SIG{PIPE} = 'IGNORE';
my ($own_name, @listeners) = @ARGV;
my $tick_ms = 1000 / POSIX::sysconf(POSIX::_SC_CLK_TCK());
my %readers;    # file number => [handle, what to do when it can be read]
my %writers;
my %asking;     # ID => {socket, started, deadline, keep}
my %kept;       # ID => socket
my ($first_sctp_port, $last_sctp_port) = (33_000, 60_000);
my $sctp_port = $first_sctp_port;

sub now { return (POSIX::times())[0] * $tick_ms }

sub type_of { return $_[0] eq 'udp' ? SOCK_DGRAM : SOCK_STREAM }
sub number_of { return $_[0] eq 'sctp' ? IPPROTO_SCTP : 0 }

sub address_of {
    my ($text, $port) = @_;
    return $text =~ /:/
      ? (AF_INET6, pack_sockaddr_in6($port, inet_pton(AF_INET6, $text)))
      : (AF_INET, pack_sockaddr_in($port, inet_aton($text)));
}

sub text_of {
    my ($address) = @_;
    my $family = sockaddr_family($address);
    my ($port, $bytes) =
      $family == AF_INET6 ? (unpack_sockaddr_in6($address))[0, 1] : unpack_sockaddr_in($address);
    return inet_ntop($family, $bytes) . " $port";
}

sub new_socket {
    my ($protocol, $family) = @_;
    socket(my $socket, $family, type_of($protocol) | SOCK_NONBLOCK, number_of($protocol))
      or die "no $protocol socket: $!";
    setsockopt($socket, SOL_SOCKET, SO_REUSEADDR, 1);
    setsockopt($socket, IPPROTO_IPV6, IPV6_V6ONLY, 1) if $family == AF_INET6;
    # SCTP tells of an ICMP refusal only whoever asks for it.
    if ($protocol eq 'sctp') {
        my @recverr = $family == AF_INET6 ? (IPPROTO_IPV6, IPV6_RECVERR) : (SOL_IP, IP_RECVERR);
        setsockopt($socket, $recverr[0], $recverr[1], 1);
    }
    return $socket;
}

sub on_read { my ($socket, $do) = @_; $readers{ fileno $socket } = [$socket, $do]; return }
sub on_write { my ($socket, $do) = @_; $writers{ fileno $socket } = [$socket, $do]; return }
sub forget { my ($socket) = @_; delete $readers{ fileno $socket }; delete $writers{ fileno $socket }; return }

sub listen_on {
    my ($protocol, $address, $port, $name) = split /,/, $_[0];
    $name //= $own_name;
    my ($family, $packed) = address_of($address, $port);
    my $socket = new_socket($protocol, $family);
    bind($socket, $packed) or die "bind $_[0]: $!";
    if ($protocol eq 'udp') {
        on_read($socket, sub {
            my $peer = recv($socket, my $message, 2048, 0) // return;
            send($socket, "$name " . text_of($peer) . "\n", 0, $peer);
        });
        return;
    }
    listen($socket, 128) or die "listen $_[0]: $!";
    on_read($socket, sub {
        my $peer = accept(my $connection, $socket) or return;
        on_read($connection, sub {
            my $length = sysread($connection, my $message, 2048);
            if ($length) {
                syswrite($connection, "$name " . text_of($peer) . "\n");
            }
            else {
                forget($connection);
                close $connection;
            }
        });
    });
    return;
}

sub result {
    my ($id, $what) = @_;
    my $ask = delete $asking{$id} or return;
    forget($ask->{socket});
    my ($word, $rest) = split / /, $what, 2;
    print "$id $word " . int(now() - $ask->{started}) . (defined $rest ? " $rest" : '') . "\n";
    # A kept UDP socket outlives a refusal.
    if ($ask->{keep}) {
        $kept{ $ask->{kept_as} } = $ask->{socket};
    }
    else {
        close $ask->{socket};
    }
    return;
}

sub failure {
    my ($id, $error) = @_;
    return result($id,
          $error == ECONNREFUSED ? 'refused'
        : $error == ECONNRESET || $error == EPIPE ? 'reset'
        : $error == EHOSTUNREACH || $error == ENETUNREACH ? 'unreachable'
        : 'failed ' . POSIX::strerror($error));
}

sub send_message {
    my ($id) = @_;
    my $socket = $asking{$id}{socket};
    on_read($socket, sub {
        my $length = sysread($socket, my $answer, 2048);
        if (!defined $length) {
            failure($id, $! + 0) if $! != EAGAIN;
        }
        elsif ($length == 0) {
            result($id, 'reset');
        }
        else {
            chomp $answer;
            result($id, "answered $answer");
        }
    });
    defined syswrite($socket, "hello\n") or failure($id, $! + 0);
    return;
}

sub bind_to {
    my ($socket, $family, $port) = @_;
    my (undef, $own) = address_of($family == AF_INET6 ? '::' : '0.0.0.0', $port);
    return bind($socket, $own);
}

# SCTP only. The kernel would choose at random, and now and then one that was used a moment ago: while
# conntrack knows the association before (10 s), IPVS drops the first INIT (conn_reuse_mode), and the
# next one comes after 3 s.
sub bind_to_next_port {
    my ($socket, $family) = @_;
    for ($first_sctp_port .. $last_sctp_port) {
        my $port = $sctp_port;
        $sctp_port = $port < $last_sctp_port ? $port + 1 : $first_sctp_port;
        return 1 if bind_to($socket, $family, $port);
        return if $! != EADDRINUSE;
    }
    return;
}

sub ask {
    my ($id, $keep, $protocol, $address, $port, $source_port, $timeout) = @_;
    my ($family, $packed) = address_of($address, $port);
    my $socket = new_socket($protocol, $family);
    $asking{$id} = {
        socket => $socket, started => now(), deadline => now() + $timeout,
        keep => $keep, kept_as => $id,
    };
    if ($source_port || $protocol eq 'sctp') {
        ($source_port ? bind_to($socket, $family, $source_port) : bind_to_next_port($socket, $family))
          or return failure($id, $! + 0);
    }
    if (connect($socket, $packed)) {
        return send_message($id);
    }
    return failure($id, $! + 0) if $! != EINPROGRESS;
    on_write($socket, sub {
        delete $writers{ fileno $socket };
        my $error = unpack 'i', getsockopt($socket, SOL_SOCKET, SO_ERROR);
        $error ? failure($id, $error) : send_message($id);
    });
    return;
}

# The kernel itself fills in the checksum for IPv6.
sub ping {
    my ($id, $address, $timeout) = @_;
    my ($family, $packed) = address_of($address, 0);
    my $is6 = $family == AF_INET6;
    socket(my $socket, $family, SOCK_RAW | SOCK_NONBLOCK, $is6 ? IPPROTO_ICMP_6 : getprotobyname('icmp') // 1)
      or die "no raw socket: $!";
    $asking{$id} = {
        socket => $socket, started => now(), deadline => now() + $timeout,
        keep => 0, kept_as => $id,
    };
    my $echo = pack 'CCnnn', $is6 ? 128 : 8, 0, 0, $$ & 0xffff, $id & 0xffff;
    my $sum = unpack '%32n*', $echo;
    substr $echo, 2, 2, pack 'n', ~(($sum & 0xffff) + ($sum >> 16)) & 0xffff if !$is6;
    on_read($socket, sub {
        defined recv($socket, my $packet, 2048, 0) or return;
        my ($type, undef, undef, $who, $number) =
          unpack 'CCnnn', $is6 ? $packet : substr $packet, 4 * (ord($packet) & 15);
        result($id, "answered ping $address 0")
          if $type == ($is6 ? 129 : 0) && $who == ($$ & 0xffff) && $number == ($id & 0xffff);
    });
    send($socket, $echo, 0, $packed) or failure($id, $! + 0);
    return;
}

sub again {
    my ($id, $socket_id, $timeout) = @_;
    my $socket = $kept{$socket_id};
    if (!$socket) {
        print "$id failed 0 the socket is closed\n";
        return;
    }
    # What came too late for the question before.
    my $late;
    1 while defined recv($socket, $late, 2048, 0) && length $late;
    $asking{$id} = {
        socket => $socket, started => now(), deadline => now() + $timeout,
        keep => 1, kept_as => $socket_id,
    };
    return send_message($id);
}

sub obey {
    my ($id, $order, @words) = split / /, $_[0];
    if ($order eq 'ask' || $order eq 'open') {
        ask($id, $order eq 'open', @words);
    }
    elsif ($order eq 'again') {
        again($id, @words);
    }
    elsif ($order eq 'ping') {
        ping($id, @words);
    }
    elsif ($order eq 'close') {
        my $socket = delete $kept{ $words[0] };
        close $socket if $socket;
        print "$id done\n";
    }
    elsif ($order eq 'listen') {
        listen_on($words[0]);
        print "$id done\n";
    }
    return;
}

sub bits { my ($files) = @_; my $bits = ''; vec($bits, $_, 1) = 1 for keys %$files; return $bits }

sub nearest_deadline {
    my ($nearest) = sort { $a <=> $b } map { $_->{deadline} } values %asking;
    return defined $nearest ? ($nearest > now() ? ($nearest - now()) / 1000 : 0) : undef;
}

listen_on($_) for @listeners;
my $input = '';
on_read(\*STDIN, sub {
    sysread(STDIN, $input, 65536, length $input) or exit;
    obey($1) while $input =~ s/^(.*)\n//;
});
print "ready\n";
while (1) {
    my ($readable, $writable) = (bits(\%readers), bits(\%writers));
    select($readable, $writable, undef, nearest_deadline());
    for my $ready ([$readable, \%readers], [$writable, \%writers]) {
        my ($bits, $files) = @$ready;
        # A number may come to mean another socket on the way.
        for my $entry (map { $files->{$_} } grep { vec($bits, $_, 1) } keys %$files) {
            my $number = fileno $entry->[0];
            $entry->[1]->() if defined $number && ($files->{$number} // 0) == $entry;
        }
    }
    for my $id (keys %asking) {
        result($id, 'silent') if $asking{$id} && $asking{$id}{deadline} <= now();
    }
}
