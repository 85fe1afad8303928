"""Which addresses and URLs are refused."""

from __future__ import annotations

import pytest

from seatkeeper.http.events_out.webhooks.addresses import LONGEST_URL, check_url, refused_reason

PUBLIC = ["1.1.1.1", "8.8.8.8", "203.0.114.1", "2606:4700:4700::1111", "2a00:1450:4001:80b::200e", "64:ff9b::101:101"]
NOT_PUBLIC = {
    "loopback": ["127.0.0.1", "127.255.255.254", "::1"],
    "unspecified": ["0.0.0.0", "::"],  # noqa: S104 - nothing listens there
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12:3456::1", "0.1.2.3"],
    "link-local": ["169.254.0.1", "fe80::1", "fe80::1%eth0"],
    "site-local": ["fec0::1"],
    "metadata": ["169.254.169.254", "169.254.170.2", "100.100.100.200", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254"],
    "carrier": ["100.64.0.1", "100.127.255.255"],
    "multicast": ["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"],
    "reserved": ["240.0.0.1", "255.255.255.255", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1"],
    "reserved too": [
        "192.88.99.1",
        "100::1",
        "2001:db8::1",
        "3fff::1",
        "5f00::1",
        "4000::1",
        "2001:2::1",
        "2001:10::1",
    ],
    "mapped": ["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "::ffff:100.64.0.1"],
    "compatible": ["::127.0.0.1", "::10.0.0.1", "::a9fe:a9fe"],
    "6to4": ["2002:7f00:1::", "2002:a00:1::1", "2002:a9fe:a9fe::"],
    "NAT64": ["64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1"],
    "Teredo": ["2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001::1"],
    "ISATAP": ["2606:4700::5efe:10.0.0.1", "2606:4700::200:5efe:127.0.0.1"],
    "none": ["localhost", "", "127.1", "2130706433", "0x7f000001", "1.2.3.4.", "01.2.3.4", "1.2.3.4/32"],
}


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_sent_to(address: str) -> None:
    assert refused_reason(address) is None


@pytest.mark.parametrize("address", [address for addresses in NOT_PUBLIC.values() for address in addresses])
def test_no_other_address_is_sent_to(address: str) -> None:
    assert refused_reason(address)


def test_the_reason_says_what_kind_of_address_it_is() -> None:
    reasons = map(refused_reason, ("127.0.0.1", "::ffff:10.0.0.1", "fe80::1", "100.64.0.1"))
    assert list(reasons) == [
        "is a loopback address",
        "is a private address",
        "is a link-local address",
        "is a reserved address",
    ]


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example/in",
        "https://hooks.example",
        "https://hooks.example:8443/in?key=%20a&b=c",
        "https://1.1.1.1/in",
        "https://[2606:4700:4700::1111]:443/in",
        "https://xn--mnchen-3ya.example/in",
        "HTTPS://Hooks.Example/in",
        "https://my_host.internal.example/in",
        "https://3com.example/",
    ],
)
def test_a_url_of_a_public_host_is_right(url: str) -> None:
    assert check_url(url) is None


@pytest.mark.parametrize(
    "url",
    [
        *("", "hooks.example", "//hooks.example/in", "https:", "https://", "https:///in", "https:hooks.example"),
        *("http://hooks.example/in", "ftp://hooks.example/", "file:///etc/passwd", "gopher://hooks.example/"),
        *(
            "https://user@hooks.example/",
            "https://user:word@hooks.example/",
            "https://:@h.example/",
        ),
        *("https://hooks.example/#part", "https://hooks.example/#"),
        *("https://hooks.example:0/", "https://hooks.example:65536/", "https://hooks.example:x/"),
        *(
            "https://hooks.example/\n",
            "https://hooks.example/ in",
            "https://hooks.example\\@evil.example/",
            "https://\x7f/",
        ),
        *("https://hööks.example/", "https://\uff11\uff12\uff17.0.0.1/", "https://hooks\u3002example/"),
        *("https://127.0.0.1/", "https://10.1.2.3/", "https://169.254.169.254/latest/meta-data/"),
        *(
            "https://2130706433/",
            "https://0x7f000001/",
            "https://017700000001/",
            "https://127.1/",
            "https://0x7f.0.0.1/",
        ),
        *("https://0/", "https://127.0.0.1./", "https://0x/", "https://1.2.3.4.5/", "https://hooks.example.0x1/"),
        *(
            "https://[::1]/",
            "https://[::]/",
            "https://[::ffff:7f00:1]/",
            "https://[fd00:ec2::254]/",
            "https://[fe80::1%25eth0]/",
        ),
        *("https://[::1/", "https://[hooks.example]/", "https://%31%32%37.0.0.1/", "https://hooks%2eexample/"),
        *("https://localhost/", "https://LOCALHOST/", "https://a.localhost/", "https://localhost./"),
        "https://hooks.example/" + "x" * LONGEST_URL,
    ],
)
def test_any_other_url_is_wrong(url: str) -> None:
    assert check_url(url)


def test_http_and_private_addresses_can_be_allowed() -> None:
    assert check_url("http://hooks.example/", allow_http=True) is None
    assert check_url("http://127.0.0.1:8080/in", allow_http=True, allow_private=True) is None
    assert check_url("https://localhost/", allow_private=True) is None
    assert check_url("https://[::1]/", allow_private=True) is None
    assert check_url("http://127.0.0.1/", allow_http=True) == "has a host that is a loopback address"
    assert check_url("http://localhost/", allow_private=True) == "has to begin with https://"
