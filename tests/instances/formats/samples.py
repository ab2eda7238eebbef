"""A small valid file of every format, for round trips and fuzzing."""

from __future__ import annotations

import json

NATIVE = json.dumps(
    {
        "routesolve": 1,
        "jobs": [
            {
                "id": "a",
                "location": {"lon": 31.25, "lat": 30.05},
                "delivery": [3],
                "service": 120,
                "time_windows": [{"earliest": 100, "latest": 5000}],
                "skills": ["cold"],
            },
            {"id": "b", "location": {"lon": 31.26, "lat": 30.06}, "delivery": [2], "prize": 50},
        ],
        "shipments": [
            {
                "id": "s",
                "amount": [1],
                "pickup": {"location": {"lon": 31.24, "lat": 30.04}},
                "delivery": {"location": {"lon": 31.22, "lat": 30.03}},
            }
        ],
        "depots": [{"id": "d", "location": {"lon": 31.23, "lat": 30.04}}],
        "vehicle_types": [
            {
                "id": "van",
                "count": 2,
                "capacity": [10],
                "start": "d",
                "end": "d",
                "skills": ["cold"],
            }
        ],
    },
    indent=1,
)

VROOM = json.dumps(
    {
        "vehicles": [
            {
                "id": 1,
                "start": [2.35044, 48.71764],
                "end": [2.35044, 48.71764],
                "capacity": [4],
                "skills": [1, 14],
                "time_window": [28800, 43200],
                "description": "first",
                "breaks": [{"id": 1, "service": 300, "time_windows": [[32400, 34200]]}],
                "steps": [{"type": "start"}, {"type": "job", "id": 1}, {"type": "end"}],
            },
            {
                "id": 2,
                "start": [2.35044, 48.71764],
                "capacity": [4],
                "skills": [1],
                "costs": {"fixed": 10, "per_hour": 1800, "per_km": 500},
                "speed_factor": 1.2,
                "max_tasks": 5,
                "max_travel_time": 7200,
                "max_distance": 90000,
            },
        ],
        "jobs": [
            {
                "id": 1,
                "service": 300,
                "setup": 60,
                "delivery": [1],
                "location": [1.98465, 48.70329],
                "skills": [1],
                "priority": 10,
                "time_windows": [[32400, 36000]],
                "description": "a job",
            },
            {"id": 2, "service": 300, "pickup": [1], "location": [2.03655, 48.61128]},
        ],
        "shipments": [
            {
                "amount": [1],
                "skills": [1],
                "pickup": {"id": 4, "service": 300, "location": [2.41808, 49.22619]},
                "delivery": {"id": 3, "service": 300, "location": [2.39719, 49.07611]},
            }
        ],
    }
)

VRPLIB = """NAME : tiny
COMMENT : (four customers)
TYPE : CVRP
DIMENSION : 5
EDGE_WEIGHT_TYPE : EUC_2D
CAPACITY : 10
NODE_COORD_SECTION
1 0 0
2 3 4
3 6 8
4 -3 4
5 -6 8
DEMAND_SECTION
1 0
2 4
3 4
4 3
5 5
DEPOT_SECTION
1
-1
EOF
"""

PYVRP = """NAME: rich
TYPE: MTVRPTWR
DIMENSION: 5
VEHICLES: 2
EDGE_WEIGHT_TYPE: EUC_2D
SERVICE_TIME: 2
VEHICLES_MAX_DURATION: 300
NODE_COORD_SECTION
1 0 0
2 10 0
3 3 4
4 6 8
5 -3 4
DEMAND_SECTION
1 0
2 0
3 4
4 4
5 3
TIME_WINDOW_SECTION
1 0 400
2 0 300
3 0 200
4 50 250
5 10 200
RELEASE_TIME_SECTION
1 0
2 0
3 5
4 0
5 7
PRIZE_SECTION
1 0
2 0
3 30
4 30
5 30
MUTUALLY_EXCLUSIVE_GROUP_SECTION
1 3 4
2 5
CAPACITY_SECTION
1 10
2 12
VEHICLES_DEPOT_SECTION
1 1
2 2
VEHICLES_RELOAD_DEPOT_SECTION
1 1
2 2
VEHICLES_ALLOWED_CLIENTS_SECTION
1 3 4
2 3 4 5
VEHICLES_FIXED_COST_SECTION
1 5
2 7
DEPOT_SECTION
1
2
EOF
"""

TSPLIB = """NAME: square
TYPE: TSP
DIMENSION: 4
EDGE_WEIGHT_TYPE: EXPLICIT
EDGE_WEIGHT_FORMAT: LOWER_DIAG_ROW
EDGE_WEIGHT_SECTION
0 1 0 2 1 0
1 2 1 0
EOF
"""

SOLOMON = """T101

VEHICLE
NUMBER     CAPACITY
  5         20

CUSTOMER
CUST NO.  XCOORD.   YCOORD.    DEMAND   READY TIME  DUE DATE   SERVICE   TIME

    0      40         50          0          0       1236          0
    1      45         68         10        912        967         90
    2      45         70          5        825        870         90
"""

LI_LIM = """5\t20\t1
0\t40\t50\t0\t0\t1236\t0\t0\t0
1\t45\t68\t10\t12\t967\t90\t0\t2
2\t45\t70\t-10\t25\t870\t90\t1\t0
3\t42\t66\t-5\t65\t1000\t90\t4\t0
4\t42\t68\t5\t27\t782\t90\t0\t3
"""

SARTORI = """NAME: bar-n2-1
LOCATION: Barcelona
COMMENT: two requests
TYPE: PDPTW
SIZE: 3
DISTRIBUTION: cluster
DEPOT: random
ROUTE-TIME: 200
TIME-WINDOW: 120
CAPACITY: 300
NODES
0 41.397 2.123 0 0 240 0 0 0
1 41.400 2.117 22 29 240 5 0 2
2 41.410 2.127 -22 29 240 5 1 0
EDGES
0 2 14
3 0 14
4 5 0
EOF
"""

CORDEAU = """2 2 3 2
310 50
0 60
 1 -9 -7 5   6 1 2 1 2
 2 -5 5 0  12 1 2 1 2
 3  0 14 0  9 1 2 1 2
 4 -3 3 0   0 0 0
 5 3 -3 0   0 0 0
"""

HVRP = """ //Lines 1:5      : these comments
 2 2 999999.0 0.0 1517.84 1518.05
 4 20  0 1.0
 2 30  5 1.1
 40  40
 22  22  18
 36  26  26
"""

TOP = """n 4
m 2
tmax 40.0
18.190\t6.320\t0
15.520\t28.030\t7
9.000\t28.010\t5
4.340\t9.510\t0
"""

TABLE = """ref,latitude,lng,qty,tw_start,tw_end,service_min,skills,priority
depot,30.05,31.24,,08:00,18:00,,,
A,30.06,31.25,5,08:30,12:00,10,cold;heavy,3
B,30.07,31.26,7,30600,,5,,
"""

SAMPLES = {
    "native": NATIVE,
    "vroom": VROOM,
    "solomon": SOLOMON,
    "sartori-buriol": SARTORI,
    "vrplib": VRPLIB,
    "top": TOP,
    "hvrp": HVRP,
    "li-lim": LI_LIM,
    "cordeau": CORDEAU,
    "table": TABLE,
}
