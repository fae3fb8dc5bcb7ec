"""What the shop has at AWS: names, a load balancer, machines, secrets, buckets."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from bot.playground.cloud import ACCOUNT, Clients

WEST, EAST = "us-west-2", "us-east-1"
SHOP_NAME = "shop.example.com"
ADDRESSES = {"west": "192.0.2.10", "east": "198.51.100.10"}
TTL = 2
BUCKETS = {"backup-primary": WEST, "backup-dr": EAST}
EAST_SECRET = "shop/customers-east"
APP_SECRET = "shop/database"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/dr-bot"


@dataclass(frozen=True)
class Machine:
    """The instance on which a region's database runs."""

    instance: str
    security_group: str


@dataclass(frozen=True)
class LoadBalancer:
    """The recovery region's, with the target groups that its listener forwards to, by name."""

    name: str
    listener: str
    groups: dict[str, str]


@dataclass(frozen=True)
class Account:
    """The ids of everything that was made."""

    zone: str
    load_balancer: LoadBalancer
    west: Machine
    east: Machine


def seed(clients: Clients, *, east_password: str, app_url: str) -> Account:
    """Fill an empty account. `app_url` is the database that the shop's secret names."""
    with ThreadPoolExecutor() as together:
        others = [
            together.submit(make_secrets, clients, east_password, app_url),
            together.submit(make_buckets, clients),
            together.submit(make_role, clients),
            together.submit(make_alarm, clients),
        ]
        zone = together.submit(make_zone, clients)
        west = together.submit(make_machine, clients, WEST, "customers-west")
        load_balancer = make_load_balancer(clients)
        east = make_machine(clients, EAST, "customers-east")
        for other in others:
            other.result()
    return Account(zone.result(), load_balancer, west.result(), east)


def make_zone(clients: Clients) -> str:
    route53 = clients.get("route53", EAST)
    created = route53.create_hosted_zone(Name="example.com", CallerReference="demo")
    zone = str(created["HostedZone"]["Id"]).removeprefix("/hostedzone/")
    changes = [{"Action": "UPSERT", "ResourceRecordSet": record("west", 100)}]
    changes.append({"Action": "UPSERT", "ResourceRecordSet": record("east", 0)})
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    return zone


def record(identifier: str, weight: int) -> dict[str, Any]:
    return {
        "Name": SHOP_NAME,
        "Type": "A",
        "SetIdentifier": identifier,
        "Weight": weight,
        "TTL": TTL,
        "ResourceRecords": [{"Value": ADDRESSES[identifier]}],
    }


def make_load_balancer(clients: Clients) -> LoadBalancer:
    ec2, elb = clients.get("ec2", EAST), clients.get("elbv2", EAST)
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"][:2]]
    balancer = elb.create_load_balancer(Name="shop-east", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    groups = {name: make_target_group(elb, name, vpc) for name in ("maintenance", "shop")}
    weights = [
        {"TargetGroupArn": groups["maintenance"], "Weight": 100},
        {"TargetGroupArn": groups["shop"], "Weight": 0},
    ]
    forward = {"Type": "forward", "ForwardConfig": {"TargetGroups": weights}}
    created = elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[forward])
    return LoadBalancer("shop-east", created["Listeners"][0]["ListenerArn"], groups)


def make_target_group(elb: Any, name: str, vpc: str) -> str:
    created = elb.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")
    group = str(created["TargetGroups"][0]["TargetGroupArn"])
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "10.0.0.10", "Port": 80}])  # moto calls it healthy
    return group


def make_machine(clients: Clients, region: str, name: str) -> Machine:
    ec2 = clients.get("ec2", region)
    group = ec2.create_security_group(GroupName=name, Description="Who may reach the database")["GroupId"]
    postgres = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[postgres])
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}]
    started = ec2.run_instances(
        ImageId="ami-12c6146b",
        InstanceType="r5.2xlarge",
        MinCount=1,
        MaxCount=1,
        SecurityGroupIds=[group],
        TagSpecifications=tags,
    )
    return Machine(str(started["Instances"][0]["InstanceId"]), str(group))


def make_secrets(clients: Clients, east_password: str, app_url: str) -> None:
    secrets = clients.get("secretsmanager", EAST)
    secrets.create_secret(Name=EAST_SECRET, SecretString=east_password)
    secrets.create_secret(Name=APP_SECRET, SecretString=app_url)


def make_buckets(clients: Clients) -> None:
    for bucket, region in BUCKETS.items():
        where = {} if region == EAST else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        clients.get("s3", region).create_bucket(Bucket=bucket, **where)


def make_role(clients: Clients) -> None:
    clients.get("iam", EAST).create_role(RoleName="dr-bot", AssumeRolePolicyDocument="{}")


def make_alarm(clients: Clients) -> None:
    clients.get("cloudwatch", EAST).put_metric_alarm(
        AlarmName="customers-east-cpu",
        Namespace="AWS/EC2",
        MetricName="CPUUtilization",
        Statistic="Average",
        Period=60,
        EvaluationPeriods=3,
        Threshold=90,
        ComparisonOperator="GreaterThanThreshold",
    )
